#include <stdlib.h>
#include <string.h>

#include "api/permit.h"
#include "api/record_json.h"
#include "api/reply.h"
#include "base/id.h"
#include "crm/access.h"
#include "crm/criteria.h"
#include "crm/search.h"

static call_fn list_records, search_records, tell_record, count_records;

const struct endpoint records_list = {
    .method = "GET",
    .path = "/crm/{version}/{module}",
    .scope = {"modules", "READ", NULL},
    .unknown_module = ERR_INVALID_MODULE,
    .unsupported_module = ERR_INVALID_MODULE,
    .permit = permit_read,
    .handle = list_records,
};

const struct endpoint records_search = {
    .method = "GET",
    .path = "/crm/{version}/{module}/search",
    .scope = {"modules", "READ", NULL},
    .unknown_module = ERR_INVALID_MODULE,
    .unsupported_module = ERR_INVALID_MODULE,
    .permit = permit_read,
    .handle = search_records,
};

const struct endpoint records_one = {
    .method = "GET",
    .path = "/crm/{version}/{module}/{id}",
    .scope = {"modules", "READ", NULL},
    .unknown_module = ERR_INVALID_MODULE,
    .unsupported_module = ERR_INVALID_MODULE,
    .permit = permit_read,
    .handle = tell_record,
};

const struct endpoint records_count = {
    .method = "GET",
    .path = "/crm/{version}/{module}/actions/count",
    .scope = {"modules", "READ", NULL},
    .unknown_module = ERR_INVALID_MODULE,
    .unsupported_module = ERR_INVALID_MODULE,
    .permit = permit_read,
    .handle = count_records,
};

enum { IDS_MAX = 100, PAGES_MAX = 1000000 };

static enum error bad_parameter(struct call *call, enum error error, const char *name, const char *hint)
{
    call->fault = (struct fault){.param_name = name, .hint = hint};
    return error;
}

static enum error read_number(struct call *call, const char *name, int64_t most, int64_t *number)
{
    const char *text = call_parameter(call, name);
    if (text == NULL)
        return ERR_NONE;
    return id_parse(text, number) && *number <= most
               ? ERR_NONE
               : bad_parameter(call, ERR_INVALID_VALUE, name, "a number from 1 on");
}

/* What a list is made of. */
struct listing {
    struct selection selection;
    struct page page;
    cJSON *criteria; /* what the view's criteria borrow from; owned */
    int64_t page_number, per_page;
};

/* All that the token's user may see of the module of the call. */
static struct listing new_listing(const struct call *call)
{
    return (struct listing){
        .selection = {.module = call->module,
                      .reader = reader_of(call->token.user, call->module, call->arena)}};
}

static enum error read_view(struct call *call, struct listing *listing)
{
    const char *text = call_parameter(call, "cvid");
    int64_t id;
    if (text == NULL)
        return ERR_NONE;
    const struct view *view = id_parse(text, &id) ? org_view(call->token.user->org, id) : NULL;
    if (view == NULL || view->module != call->module)
        return bad_parameter(call, ERR_INVALID_ID, "cvid", "the module has no view of that id");
    if (!may_use_view(call->token.user, view)) {
        call->fault.permission = "Custom_View";
        return ERR_VIEW_NOT_SHARED;
    }
    return criteria_of_view(view, call->arena, &listing->criteria, &listing->selection.view);
}

static enum error read_territory(struct call *call, struct listing *listing)
{
    const char *text = call_parameter(call, "territory_id"),
               *child = call_parameter(call, "include_child");
    int64_t id;
    if (text == NULL)
        return ERR_NONE;
    if (!call->token.user->org->territories_enabled)
        return bad_parameter(call, ERR_TERRITORIES_OFF, "territory_id", "no territories in the org");
    if (id_parse(text, &id))
        listing->selection.territory = org_territory(call->token.user->org, id);
    listing->selection.include_child = child != NULL && strcmp(child, "true") == 0;
    return listing->selection.territory != NULL
               ? ERR_NONE
               : bad_parameter(call, ERR_INVALID_ID, "territory_id", "no territory of that id");
}

/* ids=1,2,3 as a condition on the id. */
static enum error read_ids(struct call *call, struct listing *listing)
{
    const char *text = call_parameter(call, "ids");
    if (text == NULL)
        return ERR_NONE;
    struct operand *operands = arena_array(call->arena, IDS_MAX, sizeof *operands);
    size_t count = 0;
    for (const char *at = text; at != NULL; at = strchr(at, ',')) {
        at += strspn(at, ", ");
        if (count == IDS_MAX)
            return bad_parameter(call, ERR_INVALID_VALUE, "ids", "at most 100 ids");
        operands[count].kind = OPERAND_INTEGER;
        const char *id = arena_strndup(call->arena, at, strcspn(at, ", "));
        if (!id_parse(id, &operands[count++].integer))
            return bad_parameter(call, ERR_INVALID_ID, "ids", "ids are digits, separated by commas");
    }
    struct criteria *leaf = arena_alloc(call->arena, sizeof *leaf);
    *leaf = (struct criteria){.field = module_field(call->module, "id"),
                              .comparator = CMP_IN,
                              .kind = COMPARE_NUMBER,
                              .operands = operands,
                              .operand_count = count};
    listing->selection.request = leaf;
    return ERR_NONE;
}

static enum error read_order(struct call *call, struct listing *listing)
{
    const char *by = call_parameter(call, "sort_by"), *order = call_parameter(call, "sort_order");
    listing->page.sort_by = module_field(call->module, by != NULL ? by : "id");
    listing->page.descending = order == NULL || strcmp(order, "desc") == 0;
    if (listing->page.sort_by == NULL)
        return bad_parameter(call, ERR_INVALID_VALUE, "sort_by", "the API name of a field");
    if (order != NULL && !listing->page.descending && strcmp(order, "asc") != 0)
        return bad_parameter(call, ERR_INVALID_VALUE, "sort_order", "asc or desc");
    return ERR_NONE;
}

static enum error read_page(struct call *call, struct listing *listing)
{
    listing->page_number = 1;
    listing->per_page = PER_PAGE_MAX;
    enum error error = read_number(call, "per_page", PER_PAGE_MAX, &listing->per_page);
    if (error == ERR_NONE)
        error = read_number(call, "page", PAGES_MAX, &listing->page_number);
    if (error == ERR_NONE)
        error = read_number(call, "page_token", PAGES_MAX, &listing->page_number);
    listing->page.offset = (listing->page_number - 1) * listing->per_page;
    listing->page.limit = listing->per_page + 1; /* one more tells whether there are more */
    return error;
}

static enum error read_fields(struct call *call, struct listing *listing)
{
    (void)listing;
    return versions[call->version].lists_need_fields && call_parameter(call, "fields") == NULL
               ? bad_parameter(call, ERR_PARAMETER_MISSING, "fields", "say which fields: fields=A,B")
               : ERR_NONE;
}

static enum error (*const list_parameters[])(struct call *, struct listing *) = {
    read_fields, read_view, read_territory, read_ids, read_order, read_page,
};

static void add_info(cJSON *body, struct call *call, const struct listing *listing, size_t count,
                     bool more)
{
    cJSON *info = reply_info(body, listing->per_page, listing->page_number, count, more);
    json_add_text(info, "sort_by", listing->page.sort_by->api_name);
    json_add_text(info, "sort_order", listing->page.descending ? "desc" : "asc");
    if (more)
        json_add_text(info, "next_page_token",
                      arena_printf(call->arena, "%lld", (long long)listing->page_number + 1));
    else
        cJSON_AddNullToObject(info, "next_page_token");
}

static enum error reply_page(struct call *call, const struct listing *listing)
{
    int64_t *ids = arena_array(call->arena, PER_PAGE_MAX + 1, sizeof *ids);
    size_t found, shown = 0;
    if (selection_page(call->db, &listing->selection, &listing->page, ids, &found) != STORE_OK)
        return ERR_INTERNAL;
    bool more = found > (size_t)listing->per_page;
    cJSON *list, *body = reply_data(&list);
    for (size_t i = 0; i < found - more; i++) {
        struct record_data data;
        enum store_status status =
            record_data_read(call->db, call->token.user->org, ids[i], call->arena, &data);
        if (status == STORE_FAILED) {
            cJSON_Delete(body);
            return ERR_INTERNAL;
        }
        if (status != STORE_OK)
            continue; /* deleted since */
        cJSON_AddItemToArray(list, record_json(call, &data, call_parameter(call, "fields")));
        shown++;
    }
    if (shown == 0) {
        cJSON_Delete(body);
        reply_nothing(call);
        return ERR_NONE;
    }
    add_info(body, call, listing, shown, more);
    reply_json(call, 200, body);
    return ERR_NONE;
}

static enum error list_records(struct call *call)
{
    struct listing listing = new_listing(call);
    enum error error = ERR_NONE;
    for (size_t i = 0; i < COUNT(list_parameters) && error == ERR_NONE; i++)
        error = list_parameters[i](call, &listing);
    if (error == ERR_NONE)
        error = reply_page(call, &listing);
    cJSON_Delete(listing.criteria);
    return error;
}

/* What the search is for, as criteria in JSON. One parameter counts: the first of these that is given.
 */
static enum error read_search(struct call *call, cJSON **criteria)
{
    const char *text = call_parameter(call, "criteria"), *name = "criteria";
    if (text != NULL)
        *criteria = search_criteria(call->module, text, call->arena);
    else if ((text = call_parameter(call, name = "email")) != NULL)
        *criteria = search_email(call->module, text);
    else if ((text = call_parameter(call, name = "phone")) != NULL)
        *criteria = search_phone(call->module, text);
    else if ((text = call_parameter(call, name = "word")) != NULL)
        *criteria = search_word(call->module, text);
    if (text == NULL)
        return bad_parameter(call, ERR_PARAMETER_MISSING, "criteria", "criteria, email, phone or word");
    return *criteria != NULL ? ERR_NONE
                             : bad_parameter(call, ERR_INVALID_QUERY, name,
                                             "criteria are like (City:equals:Arta)and(...)");
}

static enum error search_records(struct call *call)
{
    struct listing listing = new_listing(call);
    cJSON *criteria CLEANUP(json_delete) = NULL;
    struct fault why;
    enum error error = read_search(call, &criteria);
    if (error == ERR_NONE && criteria_read(call->module, criteria, "$", call->arena,
                                           &listing.selection.request, &why) != ERR_NONE)
        error = bad_parameter(call, ERR_INVALID_QUERY, "criteria", why.hint);
    if (error == ERR_NONE)
        error = read_order(call, &listing);
    if (error == ERR_NONE)
        error = read_page(call, &listing);
    return error == ERR_NONE ? reply_page(call, &listing) : error;
}

static enum error tell_record(struct call *call)
{
    int64_t id;
    struct record_data data;
    if (!id_parse(call->id, &id)) {
        call->fault = (struct fault){.id = call->id, .hint = "an id is 1 to 19 digits"};
        return ERR_INVALID_ID;
    }
    enum store_status status =
        record_data_read(call->db, call->token.user->org, id, call->arena, &data);
    if (status == STORE_OK && !module_shows(call->module, data.state.module))
        status = STORE_NOT_FOUND;
    if (status == STORE_OK)
        status = may_see_record(call->db, call->token.user, &data.state);
    if (status == STORE_FAILED)
        return ERR_INTERNAL;
    cJSON *list = cJSON_CreateArray();
    if (status == STORE_OK)
        cJSON_AddItemToArray(list, record_json(call, &data, call_parameter(call, "fields")));
    reply_list(call, "data", list);
    return ERR_NONE;
}

static enum error count_records(struct call *call)
{
    struct listing listing = new_listing(call);
    int64_t count;
    enum error error = read_view(call, &listing);
    if (error == ERR_NONE && selection_count(call->db, &listing.selection, &count) != STORE_OK)
        error = ERR_INTERNAL;
    cJSON_Delete(listing.criteria);
    if (error != ERR_NONE)
        return error;
    cJSON *body = cJSON_CreateObject();
    cJSON_AddNumberToObject(body, "count", (double)count);
    reply_json(call, 200, body);
    return ERR_NONE;
}
