#include "sandbox/credentials.h"

#include "api/credential.h"
#include "base/json.h"
#include "fixture/fixture.h"

static const char *outside(const struct api *api, struct arena *arena, const char *text)
{
    return text != NULL ? credential_outside(api, arena, text) : NULL;
}

static void add(cJSON *body, const char *name, const char *text)
{
    if (text != NULL)
        json_add_text(body, name, text);
}

void credentials_add(const struct api *api, const struct fixture_credentials *credentials,
                     struct arena *arena, cJSON *body)
{
    if (credentials->client_id != NULL)
        add(body, "client_id", credential_client_outside(api, arena, credentials->client_id));
    add(body, "client_secret", credentials->client_secret);
    add(body, "refresh_token", outside(api, arena, credentials->refresh_token));
    add(body, "access_token", outside(api, arena, credentials->access_token));
    cJSON *tokens = cJSON_AddObjectToObject(body, "tokens");
    const cJSON *token;
    cJSON_ArrayForEach (token, credentials->tokens)
        json_add_text(tokens, arena_strdup(arena, token->string),
                      outside(api, arena, arena_strdup(arena, token->valuestring)));
}

bool credentials_tell(const struct scene *scene, struct arena *arena, cJSON *body)
{
    struct fixture_credentials credentials = {.tokens = NULL};
    const struct orgs *orgs = scene->crm.orgs;
    struct db *db = orgs->count > 0 ? store_acquire(scene->crm.store) : NULL;
    bool told =
        db != NULL && fixtures_credentials(db, orgs->list[0].id, clock_milliseconds(scene->crm.clock),
                                           arena, &credentials) == STORE_OK;
    if (db != NULL)
        store_release(db);
    if (told)
        credentials_add(&scene->api, &credentials, arena, body);
    cJSON_Delete(credentials.tokens);
    return told;
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
