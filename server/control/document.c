/* What the control API takes and answers, as OpenAPI: made from the table that routes its calls. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/word.h"
#include "control/call.h"

/* What any call may be refused with. 405 is for the methods that a path does not serve. */
static const struct {
    const char *status, *when;
} refusals[] = {
    {"400", "The body is no JSON, or the request no well-formed HTTP."},
    {"401", "The control token is missing, or another."},
    {"403", "It comes from a page or by a Host that may not steer."},
    {"404", "There is no such thing, or no such sandbox."},
    {"405", "Another method is served there: see Allow."},
    {"409", "In conflict with what there is."},
    {"413", "The body is too large."},
    {"414", "The request line is too long."},
    {"422", "A value, a member or a name of the query is not what is taken."},
    {"431", "The headers are too large."},
    {"500", "The store failed."},
    {"501", "A transfer coding that is not known."},
    {"503", "Too many calls wait, too many streams are open, or there is no memory left."},
};

/* JSON with ' for " (NULL: none) in braces. Owned by the caller. */
static cJSON *parse(struct arena *arena, const char *members)
{
    char *text = arena_printf(arena, "{%s}", members != NULL ? members : "");
    for (char *at = text; (at = strchr(at, '\'')) != NULL;)
        *at = '"';
    return json_parse(text, strlen(text), NULL);
}

/* Moves a member of endpoint->takes or ->answers into the schema of the object. */
static void add_property(struct arena *arena, cJSON *schema, cJSON *member)
{
    size_t length = strlen(member->string);
    bool is_rest = strcmp(member->string, "*") == 0, is_needed = member->string[length - 1] != '?';
    const char *name = arena_strndup(arena, member->string, length - !is_needed);
    if (is_rest) {
        (void)cJSON_ReplaceItemInObjectCaseSensitive(schema, "additionalProperties", member);
        return;
    }
    if (is_needed)
        cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(schema, "required"),
                             cJSON_CreateStringReference(name));
    cJSON_AddItemToObject(cJSON_GetObjectItemCaseSensitive(schema, "properties"), name, member);
}

/* Lists that name their members as endpoints do are objects within; a nested one is plain JSON Schema.
 */
static cJSON *schema_of(struct arena *arena, const char *text)
{
    cJSON *schema = cJSON_CreateObject(), *members = parse(arena, text);
    json_add_text(schema, "type", "object");
    (void)cJSON_AddArrayToObject(schema, "required");
    (void)cJSON_AddFalseToObject(schema, "additionalProperties");
    (void)cJSON_AddObjectToObject(schema, "properties");
    while (members != NULL && members->child != NULL)
        add_property(arena, schema, cJSON_DetachItemViaPointer(members, members->child));
    cJSON_Delete(members);
    return schema;
}

static void add_content(cJSON *object, cJSON *schema)
{
    cJSON *content = cJSON_AddObjectToObject(object, "content");
    cJSON_AddItemToObject(cJSON_AddObjectToObject(content, "application/json"), "schema", schema);
}

/* Of each of the types of endpoint->text. */
static void add_text_content(struct arena *arena, cJSON *object, const char *types)
{
    cJSON *content = cJSON_GetObjectItemCaseSensitive(object, "content");
    if (content == NULL)
        content = cJSON_AddObjectToObject(object, "content");
    for (const char *at = types; *at != '\0';) {
        size_t length = strcspn(at, ",");
        cJSON *media = cJSON_AddObjectToObject(content, arena_strndup(arena, at, length));
        json_add_text(cJSON_AddObjectToObject(media, "schema"), "type", "string");
        at += length + strspn(at + length, ", ");
    }
}

static void add_reference(cJSON *object, const char *name, const char *to)
{
    json_add_text(cJSON_AddObjectToObject(object, name), "$ref", to);
}

/* A path that serves a method has no 405 for it. */
static void add_refusals(struct arena *arena, cJSON *responses, bool is_served)
{
    for (size_t i = 0; i < COUNT(refusals); i++)
        if (!is_served || strcmp(refusals[i].status, "405") != 0)
            add_reference(responses, refusals[i].status,
                          arena_printf(arena, "#/components/responses/%s", refusals[i].status));
}

static void add_parameter(cJSON *list, const char *name, const char *in)
{
    cJSON *parameter = cJSON_CreateObject();
    cJSON_AddItemToArray(list, parameter);
    json_add_text(parameter, "name", name);
    json_add_text(parameter, "in", in);
    cJSON_AddBoolToObject(parameter, "required", strcmp(in, "path") == 0);
    json_add_text(cJSON_AddObjectToObject(parameter, "schema"), "type", "string");
}

static void add_query(struct arena *arena, cJSON *operation, const char *names)
{
    cJSON *list = cJSON_AddArrayToObject(operation, "parameters");
    for (const char *at = names; at != NULL && *at != '\0';) {
        size_t length = strcspn(at, " ");
        add_parameter(list, arena_strndup(arena, at, length), "query");
        at += length + strspn(at + length, " ");
    }
}

static void add_answer(struct arena *arena, cJSON *responses, const struct control_endpoint *endpoint)
{
    bool has_members = endpoint->answers != NULL, has_body = has_members || endpoint->text != NULL;
    unsigned status = endpoint->status != 0 ? endpoint->status : has_body ? 200 : 204;
    cJSON *response = cJSON_AddObjectToObject(responses, arena_printf(arena, "%u", status));
    json_add_text(response, "description", has_body ? "Done." : "Done; there is nothing to tell.");
    if (has_members)
        add_content(response, schema_of(arena, endpoint->answers));
    if (endpoint->text != NULL)
        add_text_content(arena, response, endpoint->text);
    if (endpoint->is_kept)
        json_add_text(cJSON_AddObjectToObject(responses, "304"), "description",
                      "What If-None-Match says that its sender has is still good.");
}

static const char *lower(struct arena *arena, const char *method)
{
    char *text = arena_strdup(arena, method);
    for (char *at = text; *at != '\0'; at++)
        *at = (char)tolower((unsigned char)*at);
    return text;
}

static void add_operation(struct arena *arena, cJSON *path, const struct control_endpoint *endpoint)
{
    cJSON *operation = cJSON_AddObjectToObject(path, lower(arena, endpoint->method));
    json_add_text(operation, "summary", endpoint->says);
    add_query(arena, operation, endpoint->query);
    if (endpoint->is_open)
        cJSON_AddItemToArray(cJSON_AddArrayToObject(operation, "security"), cJSON_CreateObject());
    if (endpoint->takes != NULL)
        add_content(cJSON_AddObjectToObject(operation, "requestBody"),
                    schema_of(arena, endpoint->takes));
    cJSON *responses = cJSON_AddObjectToObject(operation, "responses");
    add_answer(arena, responses, endpoint);
    add_refusals(arena, responses, true);
}

/* The path's parts in braces, and where there is such a path. */
static cJSON *add_path(struct arena *arena, cJSON *paths, const struct control_endpoint *endpoint)
{
    cJSON *path = cJSON_AddObjectToObject(paths, endpoint->path);
    cJSON *list = cJSON_AddArrayToObject(path, "parameters");
    for (const char *at = endpoint->path; (at = strchr(at, '{')) != NULL; at++)
        add_parameter(list, arena_strndup(arena, at + 1, strcspn(at + 1, "}")), "path");
    cJSON *servers = cJSON_AddArrayToObject(path, "servers"), *server = cJSON_CreateObject();
    json_add_text(server, "url", "/");
    cJSON_AddItemToArray(servers, server);
    if (endpoint->is_of_process)
        return path;
    server = cJSON_CreateObject();
    cJSON_AddItemToArray(servers, server);
    json_add_text(server, "url", "/_s/{sandbox}");
    cJSON *variables = cJSON_AddObjectToObject(server, "variables");
    json_add_text(cJSON_AddObjectToObject(variables, "sandbox"), "default", MAIN_SANDBOX);
    return path;
}

/* They are answered as well: OPTIONS by what there is, the others by 405. */
static void add_other_methods(struct arena *arena, cJSON *path)
{
    static const char *const methods[] = {"get",    "put",     "post",  "patch",
                                          "delete", "options", "trace", NULL};
    for (size_t i = 0; methods[i] != NULL; i++) {
        if (cJSON_HasObjectItem(path, methods[i]))
            continue;
        bool is_options = strcmp(methods[i], "options") == 0;
        cJSON *operation = cJSON_AddObjectToObject(path, methods[i]);
        json_add_text(operation, "summary", is_options ? "Which methods are served." : "Not served.");
        cJSON *responses = cJSON_AddObjectToObject(operation, "responses");
        if (is_options)
            json_add_text(cJSON_AddObjectToObject(responses, "204"), "description", "See Allow.");
        add_refusals(arena, responses, is_options);
    }
}

static void add_paths(struct arena *arena, cJSON *paths)
{
    const struct control_endpoint *endpoint;
    for (size_t i = 0; (endpoint = control_endpoint_at(i)) != NULL; i++) {
        cJSON *path = cJSON_GetObjectItemCaseSensitive(paths, endpoint->path);
        add_operation(arena, path != NULL ? path : add_path(arena, paths, endpoint), endpoint);
    }
    cJSON *path;
    cJSON_ArrayForEach (path, paths)
        add_other_methods(arena, path);
}

static void add_components(struct arena *arena, cJSON *components)
{
    cJSON *responses = cJSON_AddObjectToObject(components, "responses");
    for (size_t i = 0; i < COUNT(refusals); i++) {
        cJSON *response = cJSON_AddObjectToObject(responses, refusals[i].status), *schema;
        json_add_text(response, "description", refusals[i].when);
        schema = cJSON_CreateObject();
        json_add_text(schema, "$ref", "#/components/schemas/Refusal");
        add_content(response, schema);
    }
    cJSON *schemas = cJSON_AddObjectToObject(components, "schemas");
    cJSON_AddItemToObject(schemas, "Refusal",
                          schema_of(arena, "'error': {'type': 'string', 'minLength': 1}, 'at?': "
                                           "{'type': 'string', 'minLength': 1}"));
    cJSON_AddItemToObject(components, "securitySchemes",
                          parse(arena,
                                "'token': {'type': 'http', 'scheme': 'bearer', 'description': 'With "
                                "--control-token'}"));
}

static int64_t tell(struct control_call *call)
{
    cJSON *document =
        parse(call->arena, "'openapi': '3.1.0', 'info': {'title': 'crmock: the control API',"
                           " 'description': 'What tests and people steer crmock with.'},"
                           " 'servers': [{'url': '/'}], 'security': [{}, {'token': []}]");
    json_add_text(cJSON_GetObjectItemCaseSensitive(document, "info"), "version",
                  call->control->options.version);
    add_paths(call->arena, cJSON_AddObjectToObject(document, "paths"));
    add_components(call->arena, cJSON_AddObjectToObject(document, "components"));
    return control_reply(call, 200, document);
}

const struct control_endpoint control_openapi = {
    .method = "GET",
    .path = "/_crmock/openapi.json",
    .handle = tell,
    .manner = CONTROL_BESIDE,
    .says = "This document.",
    .answers = "'openapi': {'const': '3.1.0'}, '*': true",
};
