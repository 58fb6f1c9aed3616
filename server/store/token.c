#include "store/token.h"

#include <glib.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "store/db.h"

enum { CACHED_MAX = 1024 };

/* Every request asks for its token, so the store keeps those it has read, until tokens_forget. */
struct token_cache {
    pthread_mutex_t mutex;
    unsigned forgotten;  /* how often: what was read before that is not kept after it */
    GHashTable *by_text; /* of struct cached */
};

struct cached {
    int64_t user_id, expires_at; /* expires_at 0: never */
    char scopes[];
};

struct token_cache *token_cache_new(void)
{
    struct token_cache *cache = must_alloc(sizeof *cache);
    *cache = (struct token_cache){.forgotten = 0};
    (void)pthread_mutex_init(&cache->mutex, NULL);
    cache->by_text = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return cache;
}

void token_cache_free(struct token_cache *cache)
{
    g_hash_table_destroy(cache->by_text);
    (void)pthread_mutex_destroy(&cache->mutex);
    free(cache);
}

static bool recall(struct token_cache *cache, const char *text, struct arena *arena,
                   struct cached *token, const char **scopes, unsigned *forgotten)
{
    (void)pthread_mutex_lock(&cache->mutex);
    *forgotten = cache->forgotten;
    const struct cached *found = g_hash_table_lookup(cache->by_text, text);
    if (found != NULL) {
        *token = *found;
        *scopes = arena_strdup(arena, found->scopes);
    }
    (void)pthread_mutex_unlock(&cache->mutex);
    return found != NULL;
}

static void keep(struct token_cache *cache, const char *text, const struct cached *token,
                 const char *scopes, unsigned forgotten)
{
    size_t size = strlen(scopes) + 1;
    struct cached *kept = g_malloc(sizeof *kept + size);
    *kept = *token;
    memcpy(kept->scopes, scopes, size);
    (void)pthread_mutex_lock(&cache->mutex);
    if (g_hash_table_size(cache->by_text) == CACHED_MAX)
        g_hash_table_remove_all(cache->by_text);
    if (cache->forgotten == forgotten)
        (void)g_hash_table_replace(cache->by_text, g_strdup(text), kept);
    else
        g_free(kept);
    (void)pthread_mutex_unlock(&cache->mutex);
}

static const struct sql access_token = {"SELECT user_id, expires_at, scopes FROM oauth_token"
                                        " WHERE token = ?1 AND kind = 'access' AND revoked = 0"};

static enum store_status look_up(struct db *db, const char *text, struct arena *arena,
                                 struct cached *token, const char **scopes)
{
    struct token_cache *cache = store_tokens(db->store);
    unsigned forgotten;
    if (recall(cache, text, arena, token, scopes, &forgotten))
        return STORE_OK;
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &access_token, "t", text);
    if (row == NULL)
        return STORE_FAILED;
    enum store_status status = db_step(db, row);
    if (status != STORE_OK)
        return status;
    token->user_id = sqlite3_column_int64(row, 0);
    token->expires_at = sqlite3_column_int64(row, 1);
    *scopes = db_text(row, 2, arena);
    keep(cache, text, token, *scopes, forgotten);
    return STORE_OK;
}

enum store_status token_read(struct db *db, const struct orgs *orgs, const char *text, int64_t now,
                             struct arena *arena, struct token *token)
{
    struct cached found;
    enum store_status status = look_up(db, text, arena, &found, &token->scopes);
    if (status != STORE_OK)
        return status;
    token->user = orgs_user(orgs, found.user_id);
    bool expired = found.expires_at != 0 && found.expires_at <= now;
    return token->user != NULL && !expired ? STORE_OK : STORE_NOT_FOUND;
}

static const struct sql one_client = {"SELECT secret, user_id FROM oauth_client WHERE id = ?1"};

enum store_status client_read(struct db *db, const char *id, struct arena *arena, struct client *client)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &one_client, "t", id);
    if (row == NULL)
        return STORE_FAILED;
    enum store_status status = db_step(db, row);
    if (status == STORE_OK)
        *client = (struct client){.id = arena_strdup(arena, id),
                                  .secret = db_text(row, 0, arena),
                                  .user_id = sqlite3_column_int64(row, 1)};
    return status;
}

static const struct sql one_grant = {
    "SELECT user_id, scopes FROM oauth_token WHERE token = ?1 AND kind = ?2 AND client_id = ?3"
    " AND revoked = 0 AND (expires_at IS NULL OR expires_at > ?4)"};

enum store_status grant_read(struct db *db, const char *text, const char *kind, const char *client_id,
                             int64_t now, struct arena *arena, struct grant *grant)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &one_grant, "ttti", text, kind, client_id, now);
    if (row == NULL)
        return STORE_FAILED;
    enum store_status status = db_step(db, row);
    if (status == STORE_OK)
        *grant = (struct grant){.text = arena_strdup(arena, text),
                                .user_id = sqlite3_column_int64(row, 0),
                                .scopes = db_text(row, 1, arena)};
    return status;
}

static const struct sql add_token = {
    "INSERT INTO oauth_token (token, kind, client_id, user_id, scopes, issued_by, expires_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"};

enum store_status token_add(struct db *db, const struct new_token *token)
{
    return db_run(db, &add_token, "tttittI", token->text, token->kind, token->client_id, token->user_id,
                  token->scopes, token->issued_by, token->expires_at);
}

static const struct sql revoke_token = {
    "UPDATE oauth_token SET revoked = 1 WHERE (token = ?1 OR issued_by = ?1) AND revoked = 0"
    " RETURNING 1"};

enum store_status token_revoke(struct db *db, const char *text)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &revoke_token, "t", text);
    if (row == NULL)
        return STORE_FAILED;
    return db_step(db, row);
}

void tokens_forget(struct store *store)
{
    struct token_cache *cache = store_tokens(store);
    (void)pthread_mutex_lock(&cache->mutex);
    cache->forgotten++;
    g_hash_table_remove_all(cache->by_text);
    (void)pthread_mutex_unlock(&cache->mutex);
}
