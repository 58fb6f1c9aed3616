#include "api/openapi.h"

#include <stdio.h>
#include <string.h>

#include "api/catalogue.h"
#include "api/version.h"
#include "base/embedded.h"
#include "base/json.h"

#ifndef CRMOCK_VERSION
#define CRMOCK_VERSION "unknown"
#endif

static const char path_of_api[] = "/crm/{version}/{module}/actions/mass_update";

/* Rows with which any request may be refused, whatever it is for. */
static const enum error of_any[] = {
    ERR_INVALID_URL,    ERR_MALFORMED_REQUEST, ERR_URI_TOO_LONG, ERR_HEAD_TOO_LARGE,
    ERR_BODY_TOO_LARGE, ERR_UNKNOWN_CODING,    ERR_NO_ROOM,
};

/* And those with which crmock's own endpoints are: /healthz has a 503 of its own. */
static const enum error of_own[] = {ERR_MALFORMED_REQUEST, ERR_URI_TOO_LONG, ERR_HEAD_TOO_LARGE,
                                    ERR_BODY_TOO_LARGE, ERR_UNKNOWN_CODING};

/* And those with which a GET is refused beside its own, G1 to G6. */
static const enum error of_get[] = {ERR_SCOPE_MISMATCH, ERR_INTERNAL, ERR_NOT_AUTHENTICATED,
                                    ERR_INVALID_TOKEN};

/* Rows of the endpoints around the mass update with which it may be refused as well. */
static const enum error of_both[] = {ERR_NO_API_ACCESS, ERR_MODULE_NOT_IN_API, ERR_TOO_MANY_REQUESTS};

static bool is_among(enum error error, const enum error *errors, size_t count)
{
    size_t i = 0;
    while (i < count && errors[i] != error)
        i++;
    return i < count;
}

/* Of the row's name: which of the tables of the documentation it is in. */
static char letter_of(enum error error)
{
    return catalogue_row(ANSWERS_CURRENT, error)->row[0];
}

static bool belongs_to(enum error error, const char *method)
{
    bool is_get = strcmp(method, "get") == 0;
    if (is_among(error, of_any, COUNT(of_any)) || is_among(error, of_both, COUNT(of_both)))
        return true;
    if (error == ERR_INVALID_METHOD || error == ERR_UNKNOWN_VERSION || letter_of(error) == 'P')
        return false;
    if (letter_of(error) == 'G')
        return is_get;
    return !is_get || is_among(error, of_get, COUNT(of_get));
}

static cJSON *member(cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static cJSON *object_in(cJSON *object, const char *name)
{
    cJSON *present = member(object, name);
    return present != NULL ? present : cJSON_AddObjectToObject(object, name);
}

static cJSON *reference(const char *to)
{
    cJSON *object = cJSON_CreateObject();
    json_add_text(object, "$ref", to);
    return object;
}

static void add_constant(cJSON *properties, const char *name, const char *text)
{
    json_add_text(cJSON_AddObjectToObject(properties, name), "const", text);
}

/* {"anyOf": [refusal, {"data": [refusals]}]}, where a refusal has one of the listed codes and messages.
 */
static cJSON *new_schema(void)
{
    cJSON *schema = cJSON_CreateObject(), *refusal = cJSON_CreateObject();
    cJSON *all = cJSON_AddArrayToObject(refusal, "allOf");
    cJSON_AddItemToArray(all, reference("#/components/schemas/Refusal"));
    cJSON *one = cJSON_CreateObject();
    cJSON_AddArrayToObject(one, "anyOf");
    cJSON_AddItemToArray(all, one);
    cJSON *list = cJSON_CreateObject();
    json_add_text(list, "type", "object");
    cJSON_AddItemToArray(cJSON_AddArrayToObject(list, "required"), cJSON_CreateString("data"));
    cJSON_AddFalseToObject(list, "additionalProperties");
    cJSON *data = cJSON_AddObjectToObject(cJSON_AddObjectToObject(list, "properties"), "data");
    json_add_text(data, "type", "array");
    json_add_integer(data, "minItems", 1);
    cJSON_AddItemToObject(data, "items", cJSON_Duplicate(refusal, true));
    cJSON *any = cJSON_AddArrayToObject(schema, "anyOf");
    cJSON_AddItemToArray(any, refusal);
    cJSON_AddItemToArray(any, list);
    return schema;
}

/* Adds the row's code and message to what a refusal of this schema, or of its "data", may have. */
static void allow_row(cJSON *schema, const struct catalogue_row *row)
{
    cJSON *any = member(schema, "anyOf");
    cJSON *refusals[] = {
        cJSON_GetArrayItem(any, 0),
        member(member(member(cJSON_GetArrayItem(any, 1), "properties"), "data"), "items"),
    };
    for (size_t i = 0; i < COUNT(refusals); i++) {
        cJSON *choice = cJSON_CreateObject(), *properties = object_in(choice, "properties");
        add_constant(properties, "code", row->code);
        add_constant(properties, "message", row->message);
        cJSON_AddItemToArray(member(cJSON_GetArrayItem(member(refusals[i], "allOf"), 1), "anyOf"),
                             choice);
    }
}

/* Under the row's name; of the second column, with the option that chooses it. */
static void add_example(cJSON *content, const struct catalogue_row *row, enum answers answers,
                        bool in_data)
{
    char name[32];
    (void)snprintf(name, sizeof name, "%s%s", row->row,
                   answers == ANSWERS_CURRENT ? " --answers current" : "");
    cJSON *examples = object_in(content, "examples");
    if (member(examples, name) != NULL)
        return; /* two errors may be one row: E7 */
    cJSON *example = cJSON_AddObjectToObject(examples, name);
    json_add_text(example, "summary", row->message);
    cJSON *value = cJSON_AddObjectToObject(example, "value");
    if (in_data) {
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddItemToArray(cJSON_AddArrayToObject(value, "data"), entry);
        value = entry;
    }
    json_add_text(value, "code", row->code);
    cJSON_AddObjectToObject(value, "details");
    json_add_text(value, "message", row->message);
    json_add_text(value, "status", "error");
}

static void add_headers(cJSON *response)
{
    cJSON *headers = cJSON_AddObjectToObject(response, "headers");
    cJSON_AddItemToObject(headers, "X-Crmock-Rule", reference("#/components/headers/rule"));
    cJSON_AddItemToObject(headers, "X-Crmock-Hint", reference("#/components/headers/hint"));
}

/* The response of that status, with its headers. */
static cJSON *response_in(cJSON *operation, unsigned status)
{
    char name[16];
    (void)snprintf(name, sizeof name, "%u", status);
    cJSON *response = object_in(object_in(operation, "responses"), name);
    if (member(response, "headers") == NULL) {
        json_add_text(response, "description", "Refused: see the examples.");
        add_headers(response);
    }
    return response;
}

/* Some answers that are no refusals as a whole have the headers, too: of OAuth, and of calls of which
 * some records were refused. */
static void add_headers_to(cJSON *operation, const char *status)
{
    cJSON *response = member(member(operation, "responses"), status);
    if (response != NULL && member(response, "headers") == NULL)
        add_headers(response);
}

/* A row of a column (F22). */
static void add_row_of(cJSON *operation, enum error error, enum answers answers)
{
    const struct catalogue_row *row = catalogue_row(answers, error);
    if (!catalogue_has(answers, error))
        return;
    cJSON *response = response_in(operation, row->status);
    if (row->message == NULL)
        return; /* an answer without a body has no media type */
    cJSON *content = object_in(object_in(response, "content"), "application/json");
    if (member(content, "schema") == NULL)
        cJSON_AddItemToObject(content, "schema", new_schema());
    allow_row(member(content, "schema"), row);
    add_example(content, row, answers, catalogue_manner(answers, error)->in_data);
}

static void add_row(cJSON *operation, enum error error)
{
    add_row_of(operation, error, ANSWERS_PAGE);
    if (catalogue_differs(error))
        add_row_of(operation, error, ANSWERS_CURRENT);
}

static void add_rows(cJSON *operation, const enum error *errors, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_row(operation, errors[i]);
}

/* Methods that the service does not serve are documented as well: it answers them, with E24. */
static void add_other_methods(cJSON *path)
{
    static const char *const methods[] = {"get", "put", "post", "patch", "delete", "options", "trace"};
    for (size_t i = 0; i < COUNT(methods); i++) {
        if (member(path, methods[i]) != NULL)
            continue;
        cJSON *operation = cJSON_AddObjectToObject(path, methods[i]);
        json_add_text(operation, "summary", "Not served");
        cJSON_AddArrayToObject(operation, "security"); /* the method is checked before the token (D1) */
        add_row(operation, ERR_INVALID_METHOD);
        add_rows(operation, of_any, COUNT(of_any));
    }
}

static void add_mass_update(cJSON *path)
{
    static const char *const methods[] = {"post", "get"};
    for (size_t i = 0; i < COUNT(methods); i++)
        for (enum error error = ERR_NONE + 1; error < ERRORS; error++)
            if (belongs_to(error, methods[i]))
                add_row(member(path, methods[i]), error);
    add_headers_to(member(path, "post"), "200");
    add_headers_to(member(path, "post"), "207");
    add_other_methods(path);
}

/* What a call of the endpoints around the mass update may be refused with. */
static const enum error of_reading[] = {
    ERR_SCOPE_MISMATCH,      ERR_INTERNAL,          ERR_NOT_AUTHENTICATED,
    ERR_INVALID_TOKEN,       ERR_PARAMETER_MISSING, ERR_INVALID_MODULE,
    ERR_INVALID_VALUE,       ERR_INVALID_ID,        ERR_TERRITORIES_OFF,
    ERR_MAY_NOT_READ_MODULE, ERR_VIEW_NOT_SHARED,   ERR_INVALID_QUERY,
    ERR_PAGE_BEYOND_LIMIT,   ERR_PAGE_TOKEN,        ERR_PAGE_TOKEN_EXPIRED,
    ERR_AMBIGUOUS,           ERR_METADATA_SCOPE,    ERR_NO_API_ACCESS,
    ERR_MODULE_NOT_IN_API,   ERR_TOO_MANY_REQUESTS,
};

/* What a call that writes records may be refused with, beside that. */
static const enum error of_writing[] = {
    ERR_BODY_NOT_OBJECT,
    ERR_FIELD_MISSING,
    ERR_MAY_NOT_WRITE,
    ERR_STOP_PROCESSING,
    ERR_IN_BLUEPRINT,
    ERR_RECORD_NOT_SHARED,
    ERR_AWAITS_APPROVAL,
    ERR_RECORD_BUSY,
    ERR_RECORD_LOCKED,
    ERR_IN_IMAGE_REVIEW,
    ERR_CONVERTED,
    ERR_DUPLICATE,
    ERR_VALUE_NOT_IN_LAYOUT,
    ERR_PIPELINE_NOT_IN_LAYOUT,
    ERR_STAGE_NOT_IN_PIPELINE,
};

/* And what some of them may be refused with besides, by a part of their path. */
static const struct {
    const char *part;
    enum error error;
} of_paths[] = {
    {"/Locking_Information__s", ERR_NO_SUCH_PARENT}, {"/Locking_Information__s", ERR_ALREADY_LOCKED},
    {"/Locking_Information__s", ERR_LOCKED_BY_RULE}, {"/actions/blueprint", ERR_RECORD_LOCKED},
    {"/actions/blueprint", ERR_NOT_IN_PROCESS},      {"/actions/blueprint", ERR_INVALID_TRANSITION},
};

static void add_path_around(cJSON *path)
{
    static const char *const methods[] = {"get", "post", "put", "delete"};
    for (size_t i = 0; i < COUNT(methods); i++) {
        cJSON *operation = member(path, methods[i]);
        if (operation == NULL)
            continue;
        add_rows(operation, of_any, COUNT(of_any));
        add_rows(operation, of_reading, COUNT(of_reading));
        add_headers_to(operation, "202");
        add_headers_to(operation, "207");
        if (strcmp(methods[i], "get") != 0)
            add_rows(operation, of_writing, COUNT(of_writing));
        for (size_t k = 0; k < COUNT(of_paths); k++)
            if (strstr(path->string, of_paths[k].part) != NULL)
                add_row(operation, of_paths[k].error);
    }
    add_other_methods(path);
}

static void add_around(cJSON *paths)
{
    cJSON *path;
    cJSON_ArrayForEach (path, paths) {
        if (strncmp(path->string, "/crm/", strlen("/crm/")) == 0 &&
            strcmp(path->string, path_of_api) != 0)
            add_path_around(path);
    }
}

static void add_oauth(cJSON *path)
{
    static const char *const methods[] = {"get", "post"}, *const statuses[] = {"200", "500"};
    for (size_t i = 0; i < COUNT(methods); i++) {
        cJSON *operation = member(path, methods[i]);
        if (operation == NULL)
            continue;
        add_rows(operation, of_any, COUNT(of_any));
        for (size_t k = 0; k < COUNT(statuses); k++)
            add_headers_to(operation, statuses[k]);
    }
    add_other_methods(path);
}

/* Among the refusals of that status (F12). */
static void add_denial(cJSON *path)
{
    cJSON *content = member(response_in(member(path, "post"), 400), "content");
    cJSON_AddItemToArray(member(member(member(content, "application/json"), "schema"), "anyOf"),
                         reference("#/components/schemas/OAuthDenial"));
}

/* Any answer of an operation that takes a token may tell them (F13). */
static void add_credits(cJSON *paths)
{
    cJSON *path, *operation, *response;
    cJSON_ArrayForEach (path, paths) {
        if (strncmp(path->string, "/crm/", strlen("/crm/")) != 0)
            continue;
        cJSON_ArrayForEach (operation, path) {
            if (member(operation, "security") != NULL)
                continue;
            cJSON_ArrayForEach (response, member(operation, "responses"))
                cJSON_AddItemToObject(object_in(response, "headers"), "X-API-CREDITS-REMAINING",
                                      reference("#/components/headers/credits"));
        }
    }
}

static cJSON *template(void)
{
    const struct embedded_file *file = embedded_find("server/api/openapi.json");
    return file == NULL ? NULL : json_parse(file->text, (size_t)(file->end - file->text), NULL);
}

const char *openapi_document(struct arena *arena)
{
    cJSON *document CLEANUP(json_delete) = template();
    if (document == NULL)
        return "{}"; /* not reached: the build embeds it, and a test reads it */
    json_add_text(member(document, "info"), "version", CRMOCK_VERSION);
    cJSON *components = member(document, "components");
    cJSON *names = cJSON_AddArrayToObject(
        member(member(member(components, "parameters"), "version"), "schema"), "enum");
    for (size_t i = 0; i < VERSIONS; i++)
        cJSON_AddItemToArray(names, cJSON_CreateStringReference(versions[i].name));
    cJSON *paths = member(document, "paths");
    add_mass_update(member(paths, path_of_api));
    add_around(paths);
    static const char *const own[] = {"/healthz", "/openapi.json"};
    for (size_t i = 0; i < COUNT(own); i++)
        add_rows(member(member(paths, own[i]), "get"), of_own, COUNT(of_own));
    add_oauth(member(paths, "/oauth/v2/auth"));
    add_oauth(member(paths, "/oauth/v2/token"));
    add_oauth(member(paths, "/oauth/v2/token/revoke"));
    add_denial(member(paths, "/oauth/v2/token"));
    add_credits(paths);
    return json_print(arena, document);
}
