/* Records as they are in the store, whatever users may see and do (section 3 of the control API). */
#include "fixture/records.h"

#include <string.h>

#include "base/id.h"
#include "control/call.h"
#include "crm/fixture_rules.h"

/* A record, as fixtures describe it. */
#define RECORD_NAMES                                                                                   \
    "'module', 'id', 'owner', 'created_by', 'modified_by', 'created_time', 'modified_time',"           \
    " 'converted', 'locked', 'stop_processing', 'busy_with', 'image_review', 'approval',"              \
    " 'blueprint', 'layout', 'territories', 'shared_with', 'fault', 'fields'"
#define WORD_OR_NULL "{'type': ['string', 'null']}"
#define RECORD                                                                                         \
    "'module': " SCHEMA_TEXT ", 'id': " SCHEMA_ID ", 'owner': " SCHEMA_TEXT                            \
    ", 'created_by': " SCHEMA_TEXT ", 'modified_by': " SCHEMA_TEXT ", 'created_time': " SCHEMA_TIME    \
    ", 'modified_time': " SCHEMA_TIME ", 'converted': " SCHEMA_FLAG                                    \
    ", 'locked': {'type': ['boolean', 'object']}, 'stop_processing': " SCHEMA_FLAG                     \
    ", 'busy_with': " WORD_OR_NULL ", 'image_review': " WORD_OR_NULL ", 'approval': " WORD_OR_NULL     \
    ", 'blueprint': " WORD_OR_NULL ", 'layout': " WORD_OR_NULL ", 'territories': " SCHEMA_LIST(        \
        SCHEMA_TEXT) ", 'shared_with': " SCHEMA_LIST(SCHEMA_TEXT) ", 'fault': " SCHEMA_FLAG            \
                                                                  ", 'fields': {'type': 'object'}"

/* Finds the org and module that are meant, and a connection, which `end` gives back. False after a
 * refusal. */
static bool begin(struct control_call *call, struct records_call *records)
{
    const struct org *org = query_org(call);
    if (call->is_refused)
        return false;
    *records = (struct records_call){.db = store_acquire(call->scene->crm.store),
                                     .org = org,
                                     .module = org_module(org, call->parts[0]),
                                     .rules = &fixture_rules,
                                     .now = clock_now(&call->scene->manner.clock),
                                     .arena = call->arena};
    if (records->db == NULL)
        (void)control_fail(call);
    return records->db != NULL;
}

/* Answers with the body (NULL: 204) when it is done; else it is freed. */
static int64_t end(struct control_call *call, struct records_call *records, enum records_result result,
                   unsigned status, cJSON *body)
{
    store_release(records->db);
    if (result == RECORDS_DONE)
        return control_reply(call, status, body);
    cJSON_Delete(body);
    switch (result) {
    case RECORDS_CONFLICT:
        return control_refuse(call, 409, records->at, "%s", records->expected);
    case RECORDS_REFUSED:
        return control_refuse(call, 422, records->at, "%s", records->expected);
    case RECORDS_NONE:
        return control_refuse(call, 404, NULL,
                              records->module == NULL ? "the org has no such module"
                                                      : "the module has no record of that id");
    default:
        return control_fail(call);
    }
}

/* "1,2,3"; the count, 0 after a refusal. */
static size_t read_ids(struct control_call *call, const char *text, int64_t ids[RECORDS_PAGE_MAX])
{
    size_t count = 0;
    for (const char *at = text; at != NULL && !call->is_refused;) {
        size_t length = strcspn(at, ",");
        if (count == RECORDS_PAGE_MAX)
            (void)control_refuse(call, 422, "ids", "expected at most %d ids", RECORDS_PAGE_MAX);
        else if (!id_parse(arena_strndup(call->arena, at, length), &ids[count++]))
            (void)control_refuse(call, 422, "ids", "expected ids, separated by commas");
        at = at[length] == ',' ? at + length + 1 : NULL;
    }
    return call->is_refused ? 0 : count;
}

static int64_t list(struct control_call *call)
{
    struct records_call records;
    const char *ids = query_text(call, "ids"), *after = query_text(call, "after");
    int64_t *named = arena_array(call->arena, RECORDS_PAGE_MAX, sizeof *named);
    struct records_page page = {
        .limit = (size_t)query_number(
            call, "limit", ids != NULL ? CONTROL_LIST_MAX : CONTROL_LIST_DEFAULT, 1, CONTROL_LIST_MAX),
        .ids = named,
        .id_count = read_ids(call, ids, named)};
    if (after != NULL && !id_parse(after, &page.after))
        (void)control_refuse(call, 422, "after", "expected the id of a record");
    if (!begin(call, &records))
        return CONTROL_DONE;
    cJSON *body;
    enum records_result result = fixture_records_list(&records, &page, &body);
    return end(call, &records, result, 200, body);
}

const struct control_endpoint records_get = {
    .method = "GET",
    .path = "/_crmock/records/{module}",
    .handle = list,
    .manner = CONTROL_BESIDE,
    .query = "org ids limit after",
    .says = "Records of a module, as fixtures describe them, in numeric order: all, or those of the ids"
            " that there are.",
    .answers = "'records': " SCHEMA_LIST(SCHEMA_OBJECT(RECORD_NAMES, RECORD)) ", 'more': " SCHEMA_FLAG,
};

/* The id in the path; 0, which no record has, when it is none. */
static int64_t id_of(const struct control_call *call)
{
    int64_t id;
    return id_parse(call->parts[1], &id) ? id : 0;
}

static int64_t tell(struct control_call *call)
{
    struct records_call records;
    if (!begin(call, &records))
        return CONTROL_DONE;
    cJSON *body;
    enum records_result result = fixture_record_tell(&records, id_of(call), &body);
    return end(call, &records, result, 200, body);
}

const struct control_endpoint record_get = {
    .method = "GET",
    .path = "/_crmock/records/{module}/{id}",
    .handle = tell,
    .query = "org",
    .says = "A record, as fixtures describe it, whatever users may see.",
    .answers = RECORD,
};

/* What is done in a transaction; *body (NULL at first) is what it answers. */
typedef enum records_result write_fn(const struct control_call *call, struct records_call *records,
                                     cJSON **body);

/* All of it is kept, or nothing. */
static int64_t write(struct control_call *call, write_fn *change, unsigned status)
{
    struct records_call records;
    cJSON *body = NULL;
    if (!begin(call, &records))
        return CONTROL_DONE;
    enum records_result result = RECORDS_FAILED;
    if (store_begin(records.db, STORE_REQUEST) == STORE_OK) {
        result = change(call, &records, &body);
        bool kept = store_end(records.db, result == RECORDS_DONE) == STORE_OK;
        result = result == RECORDS_DONE && !kept ? RECORDS_FAILED : result;
    }
    return end(call, &records, result, status, body);
}

static enum records_result insert_it(const struct control_call *call, struct records_call *records,
                                     cJSON **body)
{
    int64_t id = 0;
    enum records_result result = fixture_record_insert(records, call->body, &id);
    *body = cJSON_CreateObject();
    json_add_id(*body, "id", id);
    return result;
}

static int64_t insert(struct control_call *call)
{
    return write(call, insert_it, 201);
}

const struct control_endpoint records_post = {
    .method = "POST",
    .path = "/_crmock/records/{module}",
    .handle = insert,
    .manner = CONTROL_BESIDE,
    .query = "org",
    .says = "Makes a record, as fixtures describe it. Its values are held against the rules of values;"
            " permissions, states and automation don't count.",
    .takes = "'*': " SCHEMA_ANY,
    .answers = "'id': " SCHEMA_ID,
    .status = 201,
};

static enum records_result change_it(const struct control_call *call, struct records_call *records,
                                     cJSON **body)
{
    enum records_result result = fixture_record_change(records, id_of(call), call->body);
    return result == RECORDS_DONE ? fixture_record_tell(records, id_of(call), body) : result;
}

static int64_t change(struct control_call *call)
{
    return write(call, change_it, 200);
}

const struct control_endpoint record_patch = {
    .method = "PATCH",
    .path = "/_crmock/records/{module}/{id}",
    .handle = change,
    .manner = CONTROL_BESIDE,
    .query = "org",
    .says = "Changes the members that are given, and of \"fields\" those that are; null clears a field,"
            " null or false takes a state off. Answers the record.",
    .takes = "'*': " SCHEMA_ANY,
    .answers = RECORD,
};

static enum records_result drop_it(const struct control_call *call, struct records_call *records,
                                   cJSON **body)
{
    (void)body;
    enum records_result result = fixture_record_delete(records, id_of(call));
    bool is_gone = result == RECORDS_NONE && records->module != NULL;
    return is_gone ? RECORDS_DONE : result; /* it answers likewise when it is gone already */
}

static int64_t drop(struct control_call *call)
{
    return write(call, drop_it, 204);
}

const struct control_endpoint record_drop = {
    .method = "DELETE",
    .path = "/_crmock/records/{module}/{id}",
    .handle = drop,
    .query = "org",
    .says = "Removes a record. It answers 204 also when there is none.",
};
