#include "api/reply.h"

#include <inttypes.h>
#include <string.h>

#include "api/catalogue.h"
#include "base/utf8.h"
#include "crm/record_write.h"
#include "traffic/mask.h"

void reply_json(struct call *call, unsigned status, cJSON *body)
{
    struct response *response = call->response;
    response->status = status;
    response->content_type = "application/json;charset=UTF-8";
    response->body = json_print(call->arena, body);
    response->body_length = strlen(response->body);
    cJSON_Delete(body);
}

void reply_nothing(struct call *call)
{
    *call->response = (struct response){.status = 204, .body = ""};
}

void reply_unmodified(struct call *call)
{
    *call->response = (struct response){.status = 304, .body = ""};
}

void reply_list(struct call *call, const char *key, cJSON *list)
{
    if (list->child == NULL) {
        cJSON_Delete(list);
        reply_nothing(call);
        return;
    }
    cJSON *body = cJSON_CreateObject();
    cJSON_AddItemToObject(body, key, list);
    reply_json(call, 200, body);
}

cJSON *reply_data(cJSON **list)
{
    cJSON *body = cJSON_CreateObject();
    *list = cJSON_AddArrayToObject(body, "data");
    return body;
}

cJSON *reply_info(cJSON *body, int64_t per_page, int64_t page, size_t count, bool more)
{
    cJSON *info = cJSON_AddObjectToObject(body, "info");
    json_add_integer(info, "per_page", per_page);
    json_add_integer(info, "count", (int64_t)count);
    json_add_integer(info, "page", page);
    cJSON_AddBoolToObject(info, "more_records", more);
    return info;
}

static cJSON *envelope(const char *code, cJSON *details, const char *message, const char *status)
{
    cJSON *entry = cJSON_CreateObject();
    json_add_text(entry, "code", code);
    cJSON_AddItemToObjectCS(entry, "details", details);
    json_add_text(entry, "message", message);
    json_add_text(entry, "status", status);
    return entry;
}

cJSON *reply_success(cJSON *details, const char *message)
{
    return envelope("SUCCESS", details, message, "success");
}

cJSON *reply_refusal(const struct call *call, enum error error, cJSON *details)
{
    const struct catalogue_row *row = call_row(call, error);
    return envelope(row->code, details, row->message, "error");
}

static void add_text_if_said(cJSON *details, const char *name, const char *text)
{
    if (text != NULL)
        json_add_text(details, name, text);
}

static void add_number_if_said(cJSON *details, const char *name, int64_t number)
{
    if (number != 0)
        json_add_integer(details, name, number);
}

static void add_range(cJSON *details, int64_t bound)
{
    cJSON *range = cJSON_AddObjectToObject(details, "range");
    json_add_integer(range, "from", -bound);
    json_add_integer(range, "to", bound);
}

static void add_duplicate(cJSON *details, const struct duplicate *duplicate)
{
    const struct user *owner = duplicate->owner;
    const struct module *module = duplicate->module;
    cJSON_AddFalseToObject(details, "more_records");
    cJSON *record = cJSON_AddObjectToObject(details, "duplicate_record");
    json_add_id(record, "id", duplicate->id);
    cJSON_AddItemToObject(record, "Owner", reply_reference(owner->id, "name", owner->name));
    cJSON_AddItemToObject(record, "module", reply_reference(module->id, "api_name", module->api_name));
}

static void add_ambiguity(cJSON *details, const struct fault *fault)
{
    cJSON *list = cJSON_AddArrayToObject(details, "ambiguity_due_to");
    const char *const names[] = {fault->param_name, fault->other_param};
    for (size_t i = 0; i < COUNT(names); i++) {
        cJSON *object = cJSON_CreateObject();
        json_add_text(object, "param_name", names[i]);
        cJSON_AddItemToArray(list, object);
    }
}

cJSON *reply_details(const struct call *call, enum error error, const struct fault *fault)
{
    enum { MODULE_POSITION = 0 }; /* the module, counted behind /crm/{version}/ */
    const struct catalogue_manner *manner = catalogue_manner(call_answers(call), error);
    cJSON *details = cJSON_CreateObject();
    add_text_if_said(details, "api_name", manner->api_name);
    add_text_if_said(details, "param_name", manner->param_name);
    add_text_if_said(details, "action", manner->action);
    if (manner->instead)
        return details;
    if (fault->permission != NULL)
        cJSON_AddItemToArray(cJSON_AddArrayToObject(details, "permissions"),
                             cJSON_CreateStringReference(fault->permission));
    add_text_if_said(details, "id", fault->id);
    add_number_if_said(details, "limit", fault->limit);
    const struct version *version = &versions[call->version];
    add_number_if_said(details, "maximum_length", fault->maximum_length);
    add_text_if_said(details, "expected_data_type", fault->expected_data_type);
    if (version->tells_type_lengths)
        add_number_if_said(details, "maximum_length", fault->type_length);
    if (fault->has_decimals)
        json_add_integer(details, "maximum_decimal_place", fault->maximum_decimal_place);
    if (fault->bound != 0)
        add_range(details, fault->bound);
    if (fault->other_param != NULL)
        add_ambiguity(details, fault);
    else
        add_text_if_said(details, "param_name", fault->param_name);
    add_text_if_said(details, "mapped_field", fault->mapped_field);
    add_text_if_said(details, "api_name", fault->api_name);
    if (!version->names_places) /* F1, F18 */
        return details;
    if (fault->duplicate != NULL)
        add_duplicate(details, fault->duplicate);
    add_text_if_said(details, "json_path", fault->json_path);
    bool names_module = call->module_name != NULL &&
                        (error == call_unknown_module(call) || error == call_unsupported_module(call) ||
                         error == ERR_MODULE_NOT_IN_API);
    if (names_module ? version->names_module_place : fault->path_index > 0)
        json_add_integer(details, "resource_path_index",
                         names_module ? MODULE_POSITION : fault->path_index);
    return details;
}

cJSON *reply_reference(int64_t id, const char *name, const char *text)
{
    cJSON *object = cJSON_CreateObject();
    json_add_text(object, name, text);
    json_add_id(object, "id", id);
    return object;
}

cJSON *reply_time(const struct org *org, int64_t time)
{
    char text[TIME_TEXT_SIZE];
    zone_format(org->zone, time, text);
    return cJSON_CreateString(text);
}

void reply_writer_init(struct reply_writer *writer, const struct user *user, int64_t now,
                       struct arena *arena)
{
    *writer = (struct reply_writer){.user = user, .now = now, .arena = arena};
}

/* A user of the org; one that is gone is told as the one who writes. */
static cJSON *user_reference(const struct reply_writer *writer, int64_t id)
{
    const struct user *user = org_user(writer->user->org, id);
    if (user == NULL)
        user = writer->user;
    return reply_reference(user->id, "name", user->name);
}

static cJSON *whole_entry(const struct reply_writer *writer, const struct record *record, cJSON *id,
                          const struct reply_written *written)
{
    const struct org *org = writer->user->org;
    cJSON *details = cJSON_CreateObject();
    cJSON_AddItemToObjectCS(details, "Modified_Time", reply_time(org, writer->now));
    cJSON_AddItemToObjectCS(details, "Modified_By", user_reference(writer, writer->user->id));
    cJSON_AddItemToObjectCS(details, "Created_Time", reply_time(org, record->created_time));
    cJSON_AddItemToObjectCS(details, "id", id);
    cJSON_AddItemToObjectCS(details, "Created_By", user_reference(writer, record->created_by));
    cJSON *entry = reply_success(details, written->message);
    add_text_if_said(entry, "action", written->action);
    add_text_if_said(entry, "duplicate_field", written->duplicate_field);
    return entry;
}

static bool is_told(const struct reply_writer *writer, const struct record *record,
                    const struct reply_written *written)
{
    const struct reply_written *told = &writer->written;
    return writer->before_id != NULL && record->created_time == writer->created_time &&
           record->created_by == writer->created_by && written->message == told->message &&
           written->action == told->action && written->duplicate_field == told->duplicate_field;
}

static void tell_around_id(struct reply_writer *writer, const struct record *record,
                           const struct reply_written *written)
{
    static const char gap[] = "\n"; /* no JSON text that is printed has one of its own */
    cJSON *entry = whole_entry(writer, record, json_text(gap), written);
    char *text = json_print(writer->arena, entry), *at = strchr(text, gap[0]);
    cJSON_Delete(entry);
    *at = '\0';
    writer->before_id = text;
    writer->behind_id = at + 1;
    writer->created_time = record->created_time;
    writer->created_by = record->created_by;
    writer->written = *written;
}

cJSON *reply_record(struct reply_writer *writer, const struct record *record,
                    const struct reply_written *written)
{
    if (!is_told(writer, record, written))
        tell_around_id(writer, record, written);
    return json_text(arena_printf(writer->arena, "%s\"%" PRId64 "\"%s", writer->before_id, record->id,
                                  writer->behind_id));
}

void reply_note_refused(struct reply_refused *refused, enum error error, const char *which,
                        const char *hint)
{
    if (refused->count++ > 0)
        return;
    refused->error = error;
    refused->which = which;
    refused->hint = hint != NULL ? hint : catalogue_row(ANSWERS_PAGE, error)->message;
}

void reply_tell_refused(struct call *call, const struct reply_refused *refused, size_t records)
{
    enum { WHICH_MAX = 40 }; /* an id has 19 characters; what was sent as one may have any number */
    if (refused->count == 0)
        return;
    call->response->rule = call_row(call, refused->error)->row;
    call->response->hint = refused->hint;
    if (records > 1)
        call->response->hint =
            arena_printf(call->arena, "%zu of %zu records %s %s: %s", refused->count, records,
                         refused->count == 1 ? "was refused," : "were refused; the first,",
                         utf8_line(call->arena, refused->which, WHICH_MAX), refused->hint);
}

const char *reply_cause(const struct call *call)
{
    const char *cause = store_trouble(call->api->crm->store, call->db, call->arena);
    if (cause == NULL)
        cause = call->fault.cause != NULL ? call->fault.cause : "a failure of crmock's own";
    log_event(call->api->crm->log, LOG_WARNING, "call failed path=\"%.200s\" reason=\"%s\"",
              mask_text(call->request->path, call->arena), cause);
    return cause;
}

void reply_row(struct call *call, enum error error)
{
    const struct catalogue_row *row = call_row(call, error);
    *call->response = (struct response){.status = row->status,
                                        .body = "",
                                        .rule = row->row,
                                        .hint = call->fault.hint,
                                        .closes = error == ERR_NO_ROOM};
    if (row->message == NULL)
        return;
    cJSON *body = reply_refusal(call, error, reply_details(call, error, &call->fault));
    if (call->fault.in_data || catalogue_manner(call_answers(call), error)->in_data) {
        cJSON *list, *data = reply_data(&list);
        cJSON_AddItemToArray(list, body);
        body = data;
    }
    reply_json(call, row->status, body);
}

void reply_error(struct call *call, enum error error)
{
    if (error == ERR_INTERNAL)
        call->fault = (struct fault){.hint = reply_cause(call)};
    if (error == ERR_NO_ROOM && call->fault.hint == NULL)
        call->fault.hint =
            "it would take more memory than --request-memory or --max-memory lets it: ask"
            " for fewer or smaller records";
    reply_row(call, error);
}
