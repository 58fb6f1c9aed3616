/* Rows of the catalogue on demand: what the service would send, had it come to refuse the request by
 * them (section 6 of the control API). */
#include <string.h>

#include "api/body.h"
#include "api/endpoints/oauth.h"
#include "api/gate.h"
#include "api/listing.h"
#include "api/reply.h"
#include "api/throttle.h"
#include "crm/value.h"

enum about { ABOUT_CALL, ABOUT_FIELD, ABOUT_RECORDS };

/* What is answered, and from what of the request that is made. */
struct forcing {
    struct call *call;
    enum error error;
    enum about about;
    const cJSON *body;  /* NULL: it is no JSON */
    const cJSON *field; /* the first of data[0], with its value; or NULL */
    const char *ids[MASS_UPDATE_IDS_MAX];
    size_t id_count;
    struct fault fault;
};

/* What depends on the request beside field and records. */
typedef void add_fn(struct forcing *forcing);
static add_fn add_field_limit, add_view_or_path, add_selector, add_record_limit, add_type,
    add_parameter, add_data, add_search, add_place;

#define AT(name, path) .api_name = (name), .json_path = (path)

/* By enum error: what it is about, what it says of any request, and as whose row; rows that are not
 * here say nothing but their code and message. */
static const struct shape {
    enum about about;
    struct fault fault;
    const struct endpoint *endpoint; /* whose INVALID_MODULE it is; NULL: the request's */
    add_fn *add;
} shapes[ERRORS] = {
    [ERR_NO_FIELD] = {.fault = {AT("data", "$.data")}},
    [ERR_TOO_MANY_FIELDS] = {.fault = {AT("data", "$.data")}, .add = add_field_limit},
    [ERR_FIELD_NOT_UPDATABLE] = {.about = ABOUT_FIELD},
    [ERR_FIELD_IN_LAYOUT_RULE] = {.about = ABOUT_FIELD},
    [ERR_FIELD_IN_VALIDATION_RULE] = {.about = ABOUT_FIELD},
    [ERR_FIELD_HIDDEN] = {.about = ABOUT_FIELD},
    [ERR_INVALID_ID] = {.about = ABOUT_RECORDS, .add = add_view_or_path},
    [ERR_STOP_PROCESSING] = {.about = ABOUT_RECORDS},
    [ERR_IN_BLUEPRINT] = {.about = ABOUT_RECORDS},
    [ERR_NO_SELECTOR] = {.fault = {AT("ids", "$.ids")}, .add = add_selector},
    [ERR_RECORD_NOT_SHARED] = {.about = ABOUT_RECORDS},
    [ERR_TOO_MANY_RECORDS] = {.add = add_record_limit},
    [ERR_AWAITS_APPROVAL] = {.about = ABOUT_RECORDS},
    [ERR_NO_MASS_UPDATE] = {.fault = {.permission = "Mass_Update"}},
    [ERR_FIELD_READ_ONLY] = {.about = ABOUT_FIELD, .fault = {.permission = "Field_Edit"}},
    [ERR_VIEW_NOT_SHARED] = {.fault = {AT("cvid", "$.cvid"), .permission = "Custom_View"}},
    [ERR_VIEW_OF_OTHER_MODULE] = {.fault = {AT("cvid", "$.cvid"), .permission = "Custom_View"}},
    [ERR_INVALID_MODULE] = {.endpoint = &mass_update_post},
    [ERR_RECORD_BUSY] = {.about = ABOUT_RECORDS},
    [ERR_RECORD_LOCKED] = {.about = ABOUT_RECORDS},
    [ERR_IN_IMAGE_REVIEW] = {.about = ABOUT_RECORDS},
    [ERR_BODY_NOT_OBJECT] = {.fault = {.expected_data_type = "jsonobject"}},
    [ERR_INVALID_VALUE] = {.about = ABOUT_FIELD, .add = add_type},
    [ERR_CONVERTED] = {.about = ABOUT_RECORDS},
    [ERR_FIELD_NOT_SCHEDULED] = {.about = ABOUT_FIELD},
    [ERR_VALUE_NOT_IN_LAYOUT] = {.about = ABOUT_RECORDS, .add = add_place},
    [ERR_PIPELINE_NOT_IN_LAYOUT] = {.about = ABOUT_RECORDS,
                                    .fault = {AT("Pipeline", "$.data[0].Pipeline"),
                                              .mapped_field = "Layout"}},
    [ERR_STAGE_NOT_IN_PIPELINE] = {.about = ABOUT_RECORDS,
                                   .fault = {AT("Stage", "$.data[0].Stage"),
                                             .mapped_field = "Pipeline"}},
    [ERR_JOB_ID_MISSING] = {.fault = {.param_name = "job_id"}},
    [ERR_JOB_INVALID_MODULE] = {.endpoint = &mass_update_job},
    [ERR_JOB_UNSUPPORTED_MODULE] = {.endpoint = &mass_update_job},
    [ERR_PARAMETER_MISSING] = {.add = add_parameter},
    [ERR_FIELD_MISSING] = {.about = ABOUT_FIELD, .add = add_data},
    [ERR_INVALID_QUERY] = {.add = add_search},
    [ERR_NO_SUCH_PARENT] = {.fault = {.path_index = 1}},
    [ERR_ALREADY_LOCKED] = {.fault = {.path_index = 1}},
    [ERR_LOCKED_BY_RULE] = {.fault = {.path_index = 1}},
    [ERR_PAGE_BEYOND_LIMIT] = {.fault = {.limit = RECORDS_BY_PAGE}},
    [ERR_PAGE_TOKEN] = {.fault = {.param_name = "page_token"}},
    [ERR_PAGE_TOKEN_EXPIRED] = {.fault = {AT("page_token", "$.query.page_token")}},
    [ERR_AMBIGUOUS] = {.fault = {.param_name = "page", .other_param = "page_token"}},
    [ERR_NO_API_ACCESS] = {.fault = {.permission = "Crm_Implied_Api_Access"}},
    [ERR_DUPLICATE] = {.about = ABOUT_RECORDS, .add = add_place},
};

static void add_field_limit(struct forcing *forcing)
{
    const struct module *module = forcing->call->module;
    forcing->fault.limit = module != NULL ? (int64_t)module->mass_update_fields : 1;
}

static bool is_sent(const struct forcing *forcing, const char *name)
{
    const cJSON *value = json_member(forcing->body, name);
    return value != NULL && !json_is_blank(value);
}

/* E7 is about records, unless the call names none: then about its view. F7: about the path, when that
 * does. */
static void add_view_or_path(struct forcing *forcing)
{
    enum { RECORD_POSITION = 1, RELATED_POSITION = 3 };
    const struct call *call = forcing->call;
    if (call->id == NULL && forcing->id_count > 0)
        return;
    forcing->about = ABOUT_CALL;
    if (call->id != NULL) {
        forcing->fault.path_index = call->related_id != NULL ? RELATED_POSITION : RECORD_POSITION;
    } else if (call_parameter(call, "cvid") != NULL) {
        forcing->fault.param_name = "cvid";
    } else {
        forcing->error = ERR_INVALID_VIEW;
        forcing->fault = (struct fault){AT("cvid", "$.cvid")};
    }
}

static void add_selector(struct forcing *forcing)
{
    if (is_sent(forcing, "territory") || is_sent(forcing, "criteria"))
        forcing->fault = (struct fault){AT("cvid", "$.cvid")};
}

static void add_record_limit(struct forcing *forcing)
{
    forcing->fault.limit =
        is_sent(forcing, "ids") ? (int64_t)MASS_UPDATE_IDS_MAX : (int64_t)MASS_UPDATE_RECORDS_MAX;
}

/* The type that the field's values have (F2), as it is told of the one that was sent, or else of one
 * that the field does not take. */
static void add_type(struct forcing *forcing)
{
    struct call *call = forcing->call;
    char nothing[] = "?";
    const cJSON text = {.type = cJSON_String, .valuestring = nothing}, object = {.type = cJSON_Object};
    const cJSON *const values[] = {forcing->field, &text, &object};
    const struct field *field = call->module != NULL && forcing->field != NULL
                                    ? module_field(call->module, forcing->field->string)
                                    : NULL;
    for (size_t i = 0; field != NULL && i < COUNT(values); i++) {
        struct fault fault = forcing->fault;
        if (value_fits(field, values[i], call->arena, &fault))
            continue;
        forcing->fault = fault;
        return;
    }
}

static void add_parameter(struct forcing *forcing)
{
    static const char settings[] = "/crm/{version}/settings/";
    const struct endpoint *endpoint = forcing->call->endpoint;
    const char *name = "fields";
    if (endpoint == &records_search)
        name = "criteria";
    else if (endpoint == &records_delete)
        name = "ids";
    else if (endpoint != NULL && strncmp(endpoint->path, settings, sizeof settings - 1) == 0)
        name = "module";
    forcing->fault.param_name = name;
}

static void add_data(struct forcing *forcing)
{
    if (forcing->field == NULL)
        forcing->fault = (struct fault){AT("data", "$.data")};
}

/* The parameter that a search goes by. */
static void add_search(struct forcing *forcing)
{
    static const char *const names[] = {"criteria", "email", "phone", "word"};
    forcing->fault.param_name = names[0];
    for (size_t i = 0; i < COUNT(names); i++) {
        if (call_parameter(forcing->call, names[i]) == NULL)
            continue;
        forcing->fault.param_name = names[i];
        return;
    }
}

static const char *path_of_field(const struct forcing *forcing)
{
    return arena_printf(forcing->call->arena, "$.data[0].%s", forcing->field->string);
}

/* M1 and D18: of a record that has no id yet, where its value stands. */
static void add_place(struct forcing *forcing)
{
    if (forcing->field == NULL)
        return;
    if (forcing->id_count == 0)
        forcing->fault.json_path = path_of_field(forcing);
    if (forcing->id_count == 0 || forcing->error == ERR_VALUE_NOT_IN_LAYOUT)
        forcing->fault.api_name = forcing->field->string;
}

static void add_id(struct forcing *forcing, const char *id)
{
    if (id != NULL && id[0] != '\0' && forcing->id_count < COUNT(forcing->ids))
        forcing->ids[forcing->id_count++] = id;
}

/* Of a list of ids, or of objects with one. */
static void add_ids(struct forcing *forcing, const cJSON *list)
{
    const cJSON *item;
    if (!cJSON_IsArray(list))
        return;
    cJSON_ArrayForEach (item, list)
        add_id(forcing, json_scalar_text(cJSON_IsObject(item) ? json_member(item, "id") : item));
}

static void add_listed_ids(struct forcing *forcing, const char *list)
{
    static const char between[] = ", ";
    while (list != NULL && *(list += strspn(list, between)) != '\0') {
        size_t length = strcspn(list, between);
        add_id(forcing, arena_strndup(forcing->call->arena, list, length));
        list += length;
    }
}

/* The records that the request names, wherever it does. */
static void find_records(struct forcing *forcing)
{
    add_id(forcing, forcing->call->id);
    if (forcing->id_count == 0)
        add_ids(forcing, json_member(forcing->body, "ids"));
    if (forcing->id_count == 0)
        add_ids(forcing, json_member(forcing->body, "data"));
    if (forcing->id_count == 0)
        add_listed_ids(forcing, call_parameter(forcing->call, "ids"));
}

static void find_field(struct forcing *forcing)
{
    const cJSON *data = json_member(forcing->body, "data");
    if (cJSON_IsArray(data) && cJSON_IsObject(data->child))
        forcing->field = data->child->child;
}

static void reply_records(struct forcing *forcing)
{
    struct call *call = forcing->call;
    const struct catalogue_row *row = call_row(call, forcing->error);
    const char *const none[] = {NULL}, *const *ids = forcing->id_count > 0 ? forcing->ids : none;
    cJSON *list, *body = reply_data(&list);
    for (size_t i = 0; i == 0 || i < forcing->id_count; i++) {
        struct fault fault = forcing->fault;
        if (fault.mapped_field == NULL)
            fault.id = ids[i];
        cJSON_AddItemToArray(
            list, reply_refusal(call, forcing->error, reply_details(call, forcing->error, &fault)));
    }
    *call->response = (struct response){.rule = row->row};
    reply_json(call, row->status, body);
}

/* F20: what the records API answers when it has written none. */
static bool writes_records(const struct endpoint *endpoint)
{
    const struct endpoint *const writers[] = {&records_insert, &records_upsert,
                                              &records_update, &records_update_one,
                                              &records_delete, &records_delete_one};
    for (size_t i = 0; i < COUNT(writers); i++)
        if (writers[i] == endpoint)
            return true;
    return false;
}

static void reply_forced(struct forcing *forcing)
{
    const struct shape *shape = &shapes[forcing->error];
    struct call *call = forcing->call;
    forcing->about = shape->about;
    forcing->fault = shape->fault;
    if (shape->about == ABOUT_FIELD && forcing->field != NULL) {
        forcing->fault.in_data = true;
        forcing->fault.api_name = forcing->field->string;
        forcing->fault.json_path = path_of_field(forcing);
    }
    if (shape->add != NULL)
        shape->add(forcing);
    bool of_records = forcing->about == ABOUT_RECORDS;
    bool by_writer = (of_records || forcing->fault.in_data) && writes_records(call->endpoint);
    if (shape->endpoint != NULL)
        call->endpoint = shape->endpoint;
    call->fault = forcing->fault;
    if (of_records)
        reply_records(forcing);
    else
        reply_row(call, forcing->error);
    if (by_writer)
        call->response->status = versions[call->version].none_written;
}

/* The version that the path names, though nothing is served there; else the newest. */
static void find_version(struct call *call)
{
    static const char room[] = "/crm/";
    const char *at = call->request->path;
    call->version = V8;
    if (strncmp(at, room, sizeof room - 1) != 0)
        return;
    at += sizeof room - 1;
    if (!version_find(arena_strndup(call->arena, at, strcspn(at, "/")), &call->version))
        call->version = V8;
}

/* What can be found out of the request, as far as it gets: what refuses it does not count. */
static void look_at(struct call *call, cJSON **body)
{
    bool passes = gate_check(call) == ERR_NONE;
    if (call->endpoint == NULL)
        find_version(call);
    if (body_parse(call, body) != ERR_NONE || !passes)
        call->fault = (struct fault){.hint = NULL};
}

static void respond(struct call *call, enum error error)
{
    cJSON *body CLEANUP(json_delete) = NULL;
    look_at(call, &body);
    struct forcing forcing = {.call = call, .error = error, .body = body};
    find_field(&forcing);
    find_records(&forcing);
    reply_forced(&forcing);
}

bool api_knows_rule(const char *rule)
{
    enum error error;
    return catalogue_find(rule, &error) || oauth_knows_rule(rule);
}

void api_respond_rule(const struct api *api, const struct request *request, const char *rule,
                      struct arena *arena, struct response *response)
{
    struct call call = {.api = api, .request = request, .arena = arena, .response = response};
    enum error error;
    if (catalogue_find(rule, &error))
        respond(&call, error);
    else
        oauth_respond_rule(&call, rule);
    throttle_tell(&call);
    response->hint = NULL;
    call_end(&call);
}
