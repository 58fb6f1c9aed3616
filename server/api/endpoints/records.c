#include "api/listing.h"
#include "api/permit.h"
#include "api/record_json.h"
#include "base/id.h"
#include "crm/access.h"
#include "crm/criteria.h"
#include "crm/search.h"

static call_fn list_records, search_records, tell_record, count_records;

const struct endpoint records_list = {
    .method = "GET",
    .path = "/crm/{version}/{module}",
    .scope = {"modules", "READ", NULL},
    .permit = permit_read,
    .handle = list_records,
};

const struct endpoint records_search = {
    .method = "GET",
    .path = "/crm/{version}/{module}/search",
    .scope = {"modules", "READ", NULL},
    .permit = permit_read,
    .handle = search_records,
};

const struct endpoint records_one = {
    .method = "GET",
    .path = "/crm/{version}/{module}/{id}",
    .scope = {"modules", "READ", NULL},
    .permit = permit_read,
    .handle = tell_record,
};

const struct endpoint records_count = {
    .method = "GET",
    .path = "/crm/{version}/{module}/actions/count",
    .scope = {"modules", "READ", NULL},
    .permit = permit_read,
    .handle = count_records,
};

static enum error list_records(struct call *call)
{
    struct listing listing = listing_new(call);
    enum error error = listing_read(call, &listing);
    if (error == ERR_NONE)
        error = listing_reply(call, &listing);
    cJSON_Delete(listing.criteria);
    return error;
}

/* What the search is for. One parameter counts: the first of these that is given. *criteria is what the
 * selection borrows from: owned by the caller. */
static enum error read_search(struct call *call, cJSON **criteria, struct selection *selection)
{
    const struct user *user = call->token.user;
    const char *text = call_parameter(call, "criteria"), *name = "criteria", *hint = NULL;
    if (text != NULL)
        *criteria = search_criteria(user, call->module, text, call->arena, &hint);
    else if ((text = call_parameter(call, name = "email")) != NULL)
        *criteria = search_email(user, call->module, text);
    else if ((text = call_parameter(call, name = "phone")) != NULL)
        *criteria = search_phone(user, call->module, text);
    else if ((text = call_parameter(call, name = "word")) != NULL)
        *criteria = search_word(user, call->module, text);
    if (text == NULL)
        return call_bad_parameter(call, ERR_PARAMETER_MISSING, "criteria",
                                  "criteria, email, phone or word");
    if (*criteria == NULL)
        return call_bad_parameter(
            call, ERR_INVALID_QUERY, name,
            hint != NULL
                ? hint
                : "criteria are like (City:equals:Arta)and(...), of fields that the user sees");
    struct fault why;
    return criteria_read(call->module, *criteria, "$", SIZE_MAX, call->arena, &selection->request,
                         &why) == ERR_NONE
               ? ERR_NONE
               : call_bad_parameter(call, ERR_INVALID_QUERY, "criteria", why.hint);
}

static enum error search_records(struct call *call)
{
    struct listing listing = listing_new(call);
    cJSON *criteria CLEANUP(json_delete) = NULL;
    enum error error = read_search(call, &criteria, &listing.selection);
    if (error == ERR_NONE)
        error = listing_read_page(call, &listing);
    return error == ERR_NONE ? listing_reply(call, &listing) : error;
}

static enum error tell_record(struct call *call)
{
    int64_t id;
    struct record_data data;
    if (!id_parse(call->id, &id)) {
        call->fault =
            (struct fault){.id = call->id, .hint = "an id is a number from 1 to 9223372036854775807"};
        return ERR_INVALID_ID;
    }
    const char *fields;
    enum error error = call_list(call, "fields", FIELDS_MAX, &fields);
    if (error != ERR_NONE)
        return error;
    enum store_status status =
        read_seen_record(call->db, call->token.user, call->module, call->id, call->arena, &data);
    if (status == STORE_FAILED)
        return ERR_INTERNAL;
    int64_t since;
    if (status == STORE_OK && call_modified_since(call, &since) && data.modified_time < since) {
        reply_unmodified(call); /* F9 */
        return ERR_NONE;
    }
    cJSON *list = cJSON_CreateArray();
    if (status == STORE_OK)
        cJSON_AddItemToArray(list, record_json(call, &data, fields));
    reply_list(call, "data", list);
    return ERR_NONE;
}

static const char *const searches[] = {"criteria", "email", "phone", "word"};

static enum error count_records(struct call *call)
{
    struct listing listing = listing_new(call);
    int64_t count;
    cJSON *criteria CLEANUP(json_delete) = NULL;
    enum error error = listing_read_view(call, &listing);
    for (size_t i = 0; i < COUNT(searches) && error == ERR_NONE; i++)
        if (call_parameter(call, searches[i]) != NULL && criteria == NULL)
            error = read_search(call, &criteria, &listing.selection);
    if (error == ERR_NONE && selection_count(call->db, &listing.selection, &count) != STORE_OK)
        error = ERR_INTERNAL;
    cJSON_Delete(listing.criteria);
    if (error != ERR_NONE)
        return error;
    cJSON *body = cJSON_CreateObject();
    json_add_integer(body, "count", (int64_t)count);
    reply_json(call, 200, body);
    return ERR_NONE;
}
