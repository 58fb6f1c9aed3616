/* The calls of webhooks (section 8 of the control API). */
#include "control/errand.h"
#include "control/watch.h"
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

static bool is_told(const struct delivery *delivery)
{
    return delivery->rule != NULL && delivery->module != NULL;
}

static int64_t reply(struct control_call *call, const struct delivery_list *list, size_t limit)
{
    cJSON *body = cJSON_CreateObject(), *webhooks = cJSON_AddArrayToObject(body, "webhooks");
    for (size_t i = 0; i < list->count && i < limit; i++)
        if (is_told(&list->deliveries[i]))
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

/* A delivery changes when it was tried. */
static struct watched_one watched_of(const struct delivery *delivery, bool is_whole)
{
    return (struct watched_one){.id = delivery->id,
                                .state = delivery->tries,
                                .is_over = delivery->status != DELIVERY_WAITING,
                                .row = is_whole ? delivery : NULL};
}

static void watch_list(struct control_call *call, const struct delivery_list *list, bool is_whole,
                       struct watched_list *found)
{
    *found = (struct watched_list){.list = arena_array(call->arena, list->count, sizeof *found->list),
                                   .count = list->count};
    for (size_t i = 0; i < list->count; i++)
        found->list[i] = watched_of(&list->deliveries[i], is_whole);
}

static enum store_status watch_open(struct control_call *call, struct db *db,
                                    struct watched_list *found)
{
    struct delivery_list list = {.count = 0};
    enum store_status status = deliveries_waiting(db, call->arena, &list);
    watch_list(call, &list, false, found);
    return status;
}

static enum store_status watch_behind(struct control_call *call, struct db *db, int64_t after,
                                      struct watched_list *found)
{
    struct delivery_list list = {.count = 0};
    enum store_status status = deliveries_list(db, after, WATCHED_MAX, call->arena, &list);
    watch_list(call, &list, true, found);
    return status;
}

static enum store_status watch_read(struct control_call *call, struct db *db, int64_t id,
                                    struct watched_one *one)
{
    struct delivery *delivery = arena_alloc(call->arena, sizeof *delivery);
    enum store_status status = delivery_read(db, id, call->arena, delivery);
    if (status == STORE_OK)
        *one = watched_of(delivery, true);
    return status;
}

static cJSON *watched_json(const struct control_call *call, const void *row)
{
    const struct delivery *delivery = row;
    return is_told(delivery) ? delivery_json(call, delivery) : NULL;
}

const struct watched watched_webhooks = {
    .event = "webhook",
    .bell = sandbox_webhooks_changed,
    .open = watch_open,
    .behind = watch_behind,
    .read = watch_read,
    .newest = delivery_newest,
    .json = watched_json,
};
