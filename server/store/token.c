#include "store/token.h"

#include <string.h>

#include "store/cache.h"
#include "store/db.h"

/* Every request asks for its token, so those that were read are kept, until tokens_forget. */
struct kept_token {
    int64_t user_id, expires_at; /* expires_at 0: never */
    char scopes[];
};

static bool may_exist(const char *credential)
{
    return strnlen(credential, CREDENTIAL_MAX + 1) <= CREDENTIAL_MAX;
}

static const struct sql access_token = {"SELECT user_id, expires_at, scopes FROM oauth_token"
                                        " WHERE token = ?1 AND kind = 'access' AND revoked = 0"};

static enum store_status look_up(struct db *db, const char *text, struct arena *arena,
                                 struct kept_token **token)
{
    struct cache *cache = store_cache(db->store, CACHE_TOKENS);
    unsigned age;
    *token = cache_find(cache, text, arena, &age);
    if (*token != NULL)
        return STORE_OK;
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &access_token, "t", text);
    if (row == NULL)
        return STORE_FAILED;
    enum store_status status = db_step(db, row);
    if (status != STORE_OK)
        return status;
    size_t length = (size_t)sqlite3_column_bytes(row, 2), size = sizeof **token + length + 1;
    *token = arena_alloc(arena, size);
    (*token)->user_id = sqlite3_column_int64(row, 0);
    (*token)->expires_at = sqlite3_column_int64(row, 1);
    memcpy((*token)->scopes, sqlite3_column_text(row, 2), length);
    cache_keep(cache, text, *token, size, age);
    return STORE_OK;
}

enum store_status token_read(struct db *db, const struct orgs *orgs, const char *text, int64_t now,
                             struct arena *arena, struct token *token)
{
    struct kept_token *found;
    if (!may_exist(text))
        return STORE_NOT_FOUND;
    enum store_status status = look_up(db, text, arena, &found);
    if (status != STORE_OK)
        return status;
    *token = (struct token){.user = orgs_user(orgs, found->user_id), .scopes = found->scopes};
    bool expired = found->expires_at != 0 && found->expires_at <= now;
    return token->user != NULL && !expired ? STORE_OK : STORE_NOT_FOUND;
}

static const struct sql given = {
    "SELECT token, user_id, scopes, expires_at FROM oauth_token WHERE token > ?1"
    " AND substr(token, 1, length(?2)) = ?2 AND kind = 'access' AND NOT revoked AND issued_by IS NULL"
    " AND (expires_at IS NULL OR expires_at > ?3) ORDER BY token LIMIT ?4"};

enum store_status tokens_given(struct db *db, const struct orgs *orgs, const char *prefix,
                               const char *after, int64_t now, size_t limit, struct arena *arena,
                               struct given_tokens *tokens)
{
    *tokens = (struct given_tokens){.list = arena_array(arena, limit, sizeof *tokens->list)};
    sqlite3_stmt *row CLEANUP(db_done) =
        db_query(db, &given, "ttii", after, prefix, now, (int64_t)limit);
    enum store_status status = row == NULL ? STORE_FAILED : STORE_NOT_FOUND;
    while (tokens->count < limit && row != NULL && (status = db_step(db, row)) == STORE_OK)
        tokens->list[tokens->count++] =
            (struct given_token){.text = db_text(row, 0, arena),
                                 .user = orgs_user(orgs, sqlite3_column_int64(row, 1)),
                                 .scopes = db_text(row, 2, arena),
                                 .expires_at = sqlite3_column_int64(row, 3)};
    return status == STORE_FAILED ? STORE_FAILED : STORE_OK;
}

static const struct sql one_client = {
    "SELECT secret, user_id, loopback FROM oauth_client WHERE id = ?1"};

enum store_status client_read(struct db *db, const char *id, struct arena *arena, struct client *client)
{
    if (!may_exist(id))
        return STORE_NOT_FOUND;
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &one_client, "t", id);
    if (row == NULL)
        return STORE_FAILED;
    enum store_status status = db_step(db, row);
    if (status == STORE_OK)
        *client = (struct client){.id = arena_strdup(arena, id),
                                  .secret = db_text(row, 0, arena),
                                  .user_id = sqlite3_column_int64(row, 1),
                                  .loopback = sqlite3_column_int(row, 2) != 0};
    return status;
}

static const struct sql first_client = {"SELECT min(id) FROM oauth_client"};

enum store_status client_first(struct db *db, struct arena *arena, const char **id)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &first_client, "");
    if (row == NULL || db_step(db, row) != STORE_OK)
        return STORE_FAILED;
    *id = db_text(row, 0, arena);
    return *id != NULL ? STORE_OK : STORE_NOT_FOUND;
}

static const struct sql one_redirect = {
    "SELECT 1 FROM oauth_redirect WHERE client_id = ?1 AND uri = ?2"};

enum store_status client_redirect(struct db *db, const struct client *client, const char *uri)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &one_redirect, "tt", client->id, uri);
    return row != NULL ? db_step(db, row) : STORE_FAILED;
}

static const struct sql all_redirects = {
    "SELECT ifnull(group_concat(uri, ', '), '') FROM oauth_redirect WHERE client_id = ?1"};

enum store_status client_redirects(struct db *db, const struct client *client, struct arena *arena,
                                   const char **uris)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &all_redirects, "t", client->id);
    if (row == NULL || db_step(db, row) != STORE_OK)
        return STORE_FAILED;
    *uris = db_text(row, 0, arena);
    return STORE_OK;
}

static const struct sql one_grant = {
    "SELECT user_id, scopes, kind, client_id, revoked, expires_at, redirect_uri, offline"
    " FROM oauth_token WHERE token = ?1"};

static bool column_is(sqlite3_stmt *row, int column, const char *text)
{
    return strcmp((const char *)sqlite3_column_text(row, column), text) == 0;
}

static enum grant_state state_of(sqlite3_stmt *row, const char *kind, const char *client_id,
                                 int64_t now)
{
    int64_t expires_at = sqlite3_column_int64(row, 5);
    if (!column_is(row, 2, kind))
        return GRANT_OF_OTHER_KIND;
    if (!column_is(row, 3, client_id))
        return GRANT_OF_OTHER_CLIENT;
    if (sqlite3_column_int(row, 4) != 0)
        return strcmp(kind, "code") == 0 ? GRANT_USED : GRANT_REVOKED;
    return expires_at != 0 && expires_at <= now ? GRANT_EXPIRED : GRANT_GOOD;
}

enum store_status grant_read(struct db *db, const char *text, const char *kind, const char *client_id,
                             int64_t now, struct arena *arena, struct grant *grant,
                             enum grant_state *state)
{
    *state = GRANT_UNKNOWN;
    if (!may_exist(text))
        return STORE_OK;
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &one_grant, "t", text);
    enum store_status status = row == NULL ? STORE_FAILED : db_step(db, row);
    if (status != STORE_OK)
        return status == STORE_NOT_FOUND ? STORE_OK : STORE_FAILED;
    *state = state_of(row, kind, client_id, now);
    if (*state == GRANT_GOOD)
        *grant = (struct grant){.text = arena_strdup(arena, text),
                                .user_id = sqlite3_column_int64(row, 0),
                                .scopes = db_text(row, 1, arena),
                                .redirect_uri = db_text(row, 6, arena),
                                .offline = sqlite3_column_int(row, 7) != 0};
    return STORE_OK;
}

static const struct sql add_token = {
    "INSERT INTO oauth_token (token, kind, client_id, user_id, scopes, issued_by, expires_at,"
    " redirect_uri, offline) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"};

enum store_status token_add(struct db *db, const struct new_token *token)
{
    return db_run(db, &add_token, "tttittIti", token->text, token->kind, token->client_id,
                  token->user_id, token->scopes, token->issued_by, token->expires_at,
                  token->redirect_uri, (int64_t)token->offline);
}

/* The deletion of a token looks at all others for one that it issued: few are removed at a time. */
static const struct sql sweep = {
    "DELETE FROM oauth_token WHERE token IN (SELECT token FROM (SELECT token, issued_by, expires_at"
    " FROM oauth_token WHERE token > ?1 ORDER BY token LIMIT 64)"
    " WHERE issued_by IS NOT NULL AND expires_at < ?2 LIMIT 4)"};

enum store_status tokens_sweep(struct db *db, const char *text, int64_t before)
{
    return db_run(db, &sweep, "ti", text, before);
}

static const struct sql revoke_token = {
    "UPDATE oauth_token SET revoked = 1 WHERE (token = ?1 OR issued_by = ?1) AND revoked = 0"
    " RETURNING 1"};

enum store_status token_revoke(struct db *db, const char *text)
{
    if (!may_exist(text))
        return STORE_NOT_FOUND;
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &revoke_token, "t", text);
    if (row == NULL)
        return STORE_FAILED;
    return db_step(db, row);
}

void tokens_forget(struct store *store)
{
    cache_forget(store_cache(store, CACHE_TOKENS));
}
