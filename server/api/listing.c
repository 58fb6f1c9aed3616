#include "api/listing.h"

#include <string.h>

#include "api/page_token.h"
#include "api/record_json.h"
#include "base/id.h"
#include "crm/access.h"
#include "crm/criteria.h"

enum { IDS_MAX = 100 };

static enum error read_number(struct call *call, const char *name, int64_t most, int64_t *number)
{
    const char *text = call_parameter(call, name);
    int64_t read;
    if (text == NULL)
        return ERR_NONE;
    if (!id_parse(text, &read) || read > most)
        return call_bad_parameter(
            call, ERR_INVALID_VALUE, name,
            arena_printf(call->arena, "a number from 1 to %lld", (long long)most));
    *number = read;
    return ERR_NONE;
}

struct listing listing_new(const struct call *call)
{
    return (struct listing){
        .selection = {.module = call->module,
                      .reader = reader_of(call->token.user, call->module, call->arena)}};
}

enum error listing_read_view(struct call *call, struct listing *listing)
{
    const char *text = call_parameter(call, "cvid");
    int64_t id;
    if (text == NULL)
        return ERR_NONE;
    const struct view *view = id_parse(text, &id) ? org_view(call->token.user->org, id) : NULL;
    if (view == NULL || view->module != call->module)
        return call_bad_parameter(call, ERR_INVALID_ID, "cvid", "the module has no view of that id");
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
        return call_bad_parameter(call, ERR_TERRITORIES_OFF, "territory_id",
                                  "no territories in the org");
    if (id_parse(text, &id))
        listing->selection.territory = org_territory(call->token.user->org, id);
    listing->selection.include_child = child != NULL && strcmp(child, "true") == 0;
    return listing->selection.territory != NULL
               ? ERR_NONE
               : call_bad_parameter(call, ERR_INVALID_ID, "territory_id", "no territory of that id");
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
            return call_bad_parameter(call, ERR_INVALID_VALUE, "ids", "at most 100 ids");
        operands[count].kind = OPERAND_INTEGER;
        const char *id = arena_strndup(call->arena, at, strcspn(at, ", "));
        if (!id_parse(id, &operands[count++].integer))
            return call_bad_parameter(call, ERR_INVALID_ID, "ids",
                                      "ids are digits, separated by commas");
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
    if (listing->page.sort_by == NULL || !may_see_field(call->token.user, listing->page.sort_by))
        return call_bad_parameter(call, ERR_INVALID_VALUE, "sort_by", "the API name of a field");
    if (order != NULL && !listing->page.descending && strcmp(order, "asc") != 0)
        return call_bad_parameter(call, ERR_INVALID_VALUE, "sort_order", "asc or desc");
    return ERR_NONE;
}

/* Pairs of parameters that do not go together, where lists are paged by token. */
static const struct {
    const char *one, *other;
} ambiguous[] = {{"page", "page_token"}, {"cvid", "sort_by"}};

static enum error read_ambiguous(struct call *call, struct listing *listing)
{
    for (size_t i = 0; listing->with_tokens && i < COUNT(ambiguous); i++) {
        if (call_parameter(call, ambiguous[i].one) == NULL ||
            call_parameter(call, ambiguous[i].other) == NULL)
            continue;
        call->fault = (struct fault){.param_name = ambiguous[i].one,
                                     .other_param = ambiguous[i].other,
                                     .hint = "leave out one of the two"};
        return ERR_AMBIGUOUS;
    }
    return ERR_NONE;
}

static enum error read_token(struct call *call, struct listing *listing)
{
    const char *token = call_parameter(call, "page_token");
    if (token == NULL || !listing->with_tokens)
        return ERR_NONE;
    listing->by_token = true;
    return page_token_read(call, token, &listing->page_number);
}

static enum error check_reach(struct call *call, const struct listing *listing)
{
    if (!versions[call->version].pages_by_token || listing->by_token ||
        listing->page.offset + listing->per_page <= RECORDS_BY_PAGE)
        return ERR_NONE;
    call->fault = (struct fault){.limit = RECORDS_BY_PAGE, .hint = "go on by info.next_page_token"};
    return ERR_PAGE_BEYOND_LIMIT;
}

static enum error read_page(struct call *call, struct listing *listing)
{
    listing->page_number = 1;
    listing->per_page = PER_PAGE_MAX;
    enum error error = read_number(call, "per_page", PER_PAGE_MAX, &listing->per_page);
    if (error == ERR_NONE)
        error = read_number(call, "page", PAGE_MAX, &listing->page_number);
    if (error == ERR_NONE)
        error = read_token(call, listing);
    if (error != ERR_NONE)
        return error;
    listing->page.offset = (listing->page_number - 1) * listing->per_page;
    listing->page.limit = listing->per_page + 1; /* one more tells whether there are more */
    return check_reach(call, listing);
}

static enum error read_names(struct call *call, struct listing *listing)
{
    return call_list(call, "fields", FIELDS_MAX, &listing->fields);
}

static enum error read_fields(struct call *call, struct listing *listing)
{
    enum error error = read_names(call, listing);
    if (error != ERR_NONE)
        return error;
    return versions[call->version].lists_need_fields && listing->fields == NULL
               ? call_bad_parameter(call, ERR_PARAMETER_MISSING, "fields",
                                    "say which fields: fields=A,B")
               : ERR_NONE;
}

static enum error (*const list_parameters[])(struct call *, struct listing *) = {
    read_fields, read_ambiguous, listing_read_view, read_territory, read_ids, read_order, read_page,
};

static void add_token(cJSON *info, const struct call *call, const char *name, int64_t page,
                      int64_t *expires_at)
{
    if (page > 0)
        json_add_text(info, name, page_token_new(call, page, expires_at));
    else
        cJSON_AddNullToObject(info, name);
}

static void add_tokens(cJSON *info, const struct call *call, const struct listing *listing, bool more)
{
    int64_t expires_at = 0;
    add_token(info, call, "next_page_token", more ? listing->page_number + 1 : 0, &expires_at);
    add_token(info, call, "previous_page_token", listing->page_number - 1, &expires_at);
    cJSON_AddItemToObject(info, "page_token_expiry",
                          expires_at != 0 ? reply_time(call->token.user->org, expires_at)
                                          : cJSON_CreateNull());
}

static void add_info(cJSON *body, struct call *call, const struct listing *listing, size_t count,
                     bool more)
{
    cJSON *info = reply_info(body, listing->per_page, listing->page_number, count, more);
    json_add_text(info, "sort_by", listing->page.sort_by->api_name);
    json_add_text(info, "sort_order", listing->page.descending ? "desc" : "asc");
    if (listing->with_tokens)
        add_tokens(info, call, listing, more);
}

/* Adds the records of these ids that are still there, each as text: a tree takes many times as much.
 * What is read for one goes before the next. */
static enum error add_records(struct call *call, const struct listing *listing, const int64_t *ids,
                              size_t count, cJSON *list)
{
    struct arena one CLEANUP(arena_clear) = {.budget = call->arena->budget};
    for (size_t i = 0; i < count; i++) {
        struct record_data data;
        arena_reset(&one);
        enum store_status status =
            record_data_read(call->db, call->token.user->org, ids[i], &one, &data);
        if (status == STORE_FAILED)
            return ERR_INTERNAL;
        if (status != STORE_OK)
            continue; /* deleted since */
        cJSON *tree CLEANUP(json_delete) = record_json(call, &data, listing->fields);
        cJSON_AddItemToArray(list, json_text(json_print(call->arena, tree)));
        if (arena_is_exceeded(call->arena))
            return ERR_NO_ROOM;
    }
    return ERR_NONE;
}

/* A page without records is the end of a list, unless nothing is on any: F9. */
static enum error reply_no_records(struct call *call, const struct listing *listing)
{
    int64_t count = 0;
    if (listing->selection.modified_since != NULL && listing->page_number > 1 &&
        selection_count(call->db, &listing->selection, &count) != STORE_OK)
        return ERR_INTERNAL;
    if (listing->selection.modified_since != NULL && count == 0)
        reply_unmodified(call);
    else
        reply_nothing(call);
    return ERR_NONE;
}

enum error listing_reply(struct call *call, const struct listing *listing)
{
    int64_t *ids = arena_array(call->arena, PER_PAGE_MAX + 1, sizeof *ids);
    size_t found;
    if (selection_page(call->db, &listing->selection, &listing->page, ids, &found) != STORE_OK)
        return ERR_INTERNAL;
    bool more = found > (size_t)listing->per_page;
    cJSON *list, *body = reply_data(&list);
    enum error error = add_records(call, listing, ids, found - more, list);
    size_t shown = (size_t)cJSON_GetArraySize(list);
    if (error != ERR_NONE || shown == 0) {
        cJSON_Delete(body);
        return error != ERR_NONE ? error : reply_no_records(call, listing);
    }
    add_info(body, call, listing, shown, more);
    reply_json(call, 200, body);
    return ERR_NONE;
}

enum error listing_read(struct call *call, struct listing *listing)
{
    listing->with_tokens = versions[call->version].pages_by_token;
    int64_t *since = arena_alloc(call->arena, sizeof *since);
    if (call_modified_since(call, since)) /* F9 */
        listing->selection.modified_since = since;
    enum error error = ERR_NONE;
    for (size_t i = 0; i < COUNT(list_parameters) && error == ERR_NONE; i++)
        error = list_parameters[i](call, listing);
    return error;
}

enum error listing_read_page(struct call *call, struct listing *listing)
{
    enum error error = read_names(call, listing);
    if (error == ERR_NONE)
        error = read_order(call, listing);
    return error == ERR_NONE ? read_page(call, listing) : error;
}
