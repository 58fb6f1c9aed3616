#include "sandbox/credentials.h"

#include "api/credential.h"
#include "base/json.h"

static const char *outside(const struct api *api, struct arena *arena, const char *text)
{
    return text != NULL ? credential_outside(api, arena, text) : NULL;
}

static cJSON *to_json(const char *id, const struct fixture_credentials *credentials,
                      struct arena *arena)
{
    const struct api api = {.sandbox = id};
    cJSON *body = cJSON_CreateObject();
    const struct {
        const char *name, *value;
    } members[] = {
        {"client_id", credential_client_outside(&api, arena, credentials->client_id)},
        {"client_secret", credentials->client_secret},
        {"refresh_token", outside(&api, arena, credentials->refresh_token)},
        {"access_token", outside(&api, arena, credentials->access_token)},
    };
    for (size_t i = 0; i < COUNT(members); i++)
        if (members[i].value != NULL)
            json_add_text(body, members[i].name, members[i].value);
    cJSON *tokens = cJSON_AddObjectToObject(body, "tokens");
    const cJSON *token;
    cJSON_ArrayForEach (token, credentials->tokens)
        json_add_text(tokens, token->string, outside(&api, arena, token->valuestring));
    return body;
}

void credentials_keep(struct sandbox *sandbox, const struct fixture_credentials *credentials)
{
    struct arena arena = {.blocks = NULL};
    cJSON *body = to_json(sandbox_id(sandbox), credentials, &arena);
    sandbox_set_credentials(sandbox, json_print(&arena, body));
    cJSON_Delete(body);
    arena_clear(&arena);
}

typedef const char *inside_fn(const struct api *api, struct arena *arena, const char *text);

static void change(cJSON *entry, const char *name, const struct api *api, inside_fn *inside)
{
    struct arena arena = {.blocks = NULL};
    cJSON *member = cJSON_GetObjectItemCaseSensitive(entry, name);
    if (cJSON_IsString(member))
        (void)cJSON_SetValuestring(member, inside(api, &arena, member->valuestring));
    arena_clear(&arena);
}

static void change_document(cJSON *document, const struct api *api)
{
    cJSON *entry;
    cJSON_ArrayForEach (entry, cJSON_GetObjectItemCaseSensitive(document, "clients"))
        change(entry, "id", api, credential_client_inside);
    cJSON_ArrayForEach (entry, cJSON_GetObjectItemCaseSensitive(document, "tokens")) {
        change(entry, "token", api, credential_inside);
        change(entry, "client", api, credential_client_inside);
    }
}

void credentials_inside(cJSON *documents, const char *id)
{
    const struct api api = {.sandbox = id};
    cJSON *document;
    if (cJSON_IsArray(documents))
        cJSON_ArrayForEach (document, documents)
            change_document(document, &api);
    else
        change_document(documents, &api);
}
