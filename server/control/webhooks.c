/* The calls of webhooks (section 8 of the control API). */
#include "control/errand.h"
#include "jobs/bell.h"
#include "store/delivery.h"

static cJSON *delivery_json(const struct control_call *call, const struct delivery *delivery)
{
    cJSON *body = cJSON_CreateObject();
    json_add_id(body, "id", delivery->id);
    json_add_text(body, "url", delivery->url);
    json_add_text(body, "rule", delivery->rule);
    json_add_text(body, "module", delivery->module);
    json_add_id(body, "record_id", delivery->record_id);
    cJSON_AddItemToObject(body, "body", json_text(delivery->body));
    json_add_text(body, "status", delivery_status_names[delivery->status]);
    json_add_integer(body, "tries", delivery->tries);
    if (delivery->http_status != 0)
        json_add_integer(body, "http_status", delivery->http_status);
    else
        cJSON_AddNullToObject(body, "http_status");
    json_add_text_or_null(body, "reason", delivery->reason);
    control_add_time(call, body, "created", time_seconds(delivery->created));
    return body;
}

static int64_t reply(struct control_call *call, const struct delivery_list *list, size_t limit)
{
    cJSON *body = cJSON_CreateObject(), *webhooks = cJSON_AddArrayToObject(body, "webhooks");
    for (size_t i = 0; i < list->count && i < limit; i++)
        if (list->deliveries[i].rule != NULL && list->deliveries[i].module != NULL)
            cJSON_AddItemToArray(webhooks, delivery_json(call, &list->deliveries[i]));
    cJSON_AddBoolToObject(body, "more", list->count > limit);
    return control_reply(call, 200, body);
}

static int64_t tell(struct control_call *call)
{
    size_t limit = (size_t)query_number(call, "limit", CONTROL_LIST_DEFAULT, 1, CONTROL_LIST_MAX);
    int64_t after = query_id(call, "after");
    int64_t left = errand_query_wait_left(call, sandbox_webhooks_changed(call->sandbox));
    struct delivery_list list = {.count = 0};
    struct db *db = control_connect(call);
    if (db == NULL)
        return CONTROL_DONE;
    bool waits = left > 0 && deliveries_wait(db) == STORE_OK;
    if (!waits && deliveries_list(db, after, limit + 1, call->arena, &list) != STORE_OK)
        (void)control_fail(call);
    store_release(db);
    return waits ? left : reply(call, &list, limit);
}

const struct control_endpoint webhooks_get = {
    .method = "GET",
    .path = "/_crmock/webhooks",
    .handle = tell,
    .manner = CONTROL_BESIDE,
    .query = "wait limit after",
    .answers = "'webhooks': " SCHEMA_LIST(SCHEMA_OBJECT(
        "'id', 'url', 'rule', 'module', 'record_id', 'body', 'status', 'tries', 'http_status',"
        " 'reason', 'created'",
        "'id': " SCHEMA_ID ", 'url': " SCHEMA_TEXT ", 'rule': " SCHEMA_TEXT ", 'module': " SCHEMA_TEXT
        ", 'record_id': " SCHEMA_ID
        ", 'body': {'type': 'object'}, 'status': {'enum': ['WAITING', 'DELIVERED', 'GIVEN_UP']},"
        " 'tries': " SCHEMA_COUNT ", 'http_status': {'type': ['integer', 'null']},"
        " 'reason': {'type': ['string', 'null']}, 'created': " SCHEMA_TIME)) ", 'more': " SCHEMA_FLAG,
    .says = "The calls of webhooks, with what came of them; with wait=SECONDS when none waits for a try"
            " any more, or then.",
};

static int64_t drop(struct control_call *call)
{
    struct db *db = control_connect(call);
    if (db == NULL)
        return CONTROL_DONE;
    if (store_begin(db, STORE_REQUEST) != STORE_OK ||
        store_end(db, deliveries_drop(db) == STORE_OK) != STORE_OK)
        (void)control_fail(call);
    store_release(db);
    bell_ring(sandbox_webhooks_changed(call->sandbox));
    return control_reply(call, 204, NULL);
}

const struct control_endpoint webhooks_delete = {
    .method = "DELETE",
    .path = "/_crmock/webhooks",
    .handle = drop,
    .manner = CONTROL_BESIDE,
    .says = "Empties that list. What waits for a try is not called any more.",
};
