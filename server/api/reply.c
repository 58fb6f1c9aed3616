#include "api/reply.h"

#include <string.h>

#include "api/catalogue.h"

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

cJSON *reply_refusal(enum error error, cJSON *details)
{
    return envelope(catalogue[error].code, details, catalogue[error].message, "error");
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
    cJSON *details = cJSON_CreateObject();
    if (fault->permission != NULL)
        cJSON_AddItemToArray(cJSON_AddArrayToObject(details, "permissions"),
                             cJSON_CreateStringReference(fault->permission));
    add_text_if_said(details, "id", fault->id);
    add_number_if_said(details, "limit", fault->limit);
    add_number_if_said(details, "maximum_length", fault->maximum_length);
    add_text_if_said(details, "expected_data_type", fault->expected_data_type);
    if (fault->other_param != NULL)
        add_ambiguity(details, fault);
    else
        add_text_if_said(details, "param_name", fault->param_name);
    add_text_if_said(details, "api_name", fault->api_name);
    add_text_if_said(details, "json_path", fault->json_path);
    bool names_module = call->endpoint != NULL && (error == call->endpoint->unknown_module ||
                                                   error == call->endpoint->unsupported_module);
    if ((names_module || fault->path_index > 0) && versions[call->version].names_path_position)
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

void reply_writer_init(struct reply_writer *writer, const struct user *user, int64_t now)
{
    *writer = (struct reply_writer){
        .user = user, .reference = reply_reference(user->id, "name", user->name), .last = now};
    zone_format(user->org->zone, now, writer->now);
    memcpy(writer->last_time, writer->now, sizeof writer->last_time);
}

void reply_writer_clear(struct reply_writer *writer)
{
    cJSON_Delete(writer->reference);
}

static void add_user(struct reply_writer *writer, cJSON *details, const char *name, int64_t id)
{
    const struct user *user = org_user(writer->user->org, id);
    cJSON_AddItemToObjectCS(details, name,
                            user == NULL || user == writer->user
                                ? cJSON_CreateObjectReference(writer->reference->child)
                                : reply_reference(user->id, "name", user->name));
}

cJSON *reply_record_details(struct reply_writer *writer, const struct record *record)
{
    cJSON *details = cJSON_CreateObject();
    if (record->created_time != writer->last) {
        writer->last = record->created_time;
        zone_format(writer->user->org->zone, writer->last, writer->last_time);
    }
    json_add_text(details, "Modified_Time", writer->now);
    add_user(writer, details, "Modified_By", writer->user->id);
    cJSON_AddItemToObjectCS(details, "Created_Time", cJSON_CreateString(writer->last_time));
    json_add_id(details, "id", record->id);
    add_user(writer, details, "Created_By", record->created_by);
    return details;
}

void reply_error(struct call *call, enum error error)
{
    const struct catalogue_row *row = &catalogue[error];
    if (error == ERR_INTERNAL)
        call->fault = (struct fault){.hint = "a failure of crmock's own: its log says why"};
    *call->response = (struct response){
        .status = row->status, .body = "", .rule = row->row, .hint = call->fault.hint};
    if (row->message == NULL)
        return;
    cJSON *body = reply_refusal(error, reply_details(call, error, &call->fault));
    if (call->fault.in_data) {
        cJSON *list, *data = reply_data(&list);
        cJSON_AddItemToArray(list, body);
        body = data;
    }
    reply_json(call, row->status, body);
}
