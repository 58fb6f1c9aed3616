#include "store/token.h"

#include <glib.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "store/db.h"

enum { CACHED_MAX = 1024 };

/* Every request asks for its token, so the store keeps those it has read. Only this process writes
 * tokens: what changes one must forget it here. */
struct token_cache {
    pthread_mutex_t mutex;
    GHashTable *by_text; /* of struct cached */
};

struct cached {
    int64_t user_id, expires_at; /* expires_at 0: never */
    char scopes[];
};

struct token_cache *token_cache_new(void)
{
    struct token_cache *cache = must_alloc(sizeof *cache);
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
                   struct cached *token, const char **scopes)
{
    (void)pthread_mutex_lock(&cache->mutex);
    const struct cached *found = g_hash_table_lookup(cache->by_text, text);
    if (found != NULL) {
        *token = *found;
        *scopes = arena_strdup(arena, found->scopes);
    }
    (void)pthread_mutex_unlock(&cache->mutex);
    return found != NULL;
}

static void keep(struct token_cache *cache, const char *text, const struct cached *token,
                 const char *scopes)
{
    size_t size = strlen(scopes) + 1;
    struct cached *kept = g_malloc(sizeof *kept + size);
    *kept = *token;
    memcpy(kept->scopes, scopes, size);
    (void)pthread_mutex_lock(&cache->mutex);
    if (g_hash_table_size(cache->by_text) == CACHED_MAX)
        g_hash_table_remove_all(cache->by_text);
    (void)g_hash_table_replace(cache->by_text, g_strdup(text), kept);
    (void)pthread_mutex_unlock(&cache->mutex);
}

static const struct sql access_token = {"SELECT user_id, expires_at, scopes FROM oauth_token"
                                        " WHERE token = ?1 AND kind = 'access' AND revoked = 0"};

static enum store_status look_up(struct db *db, const char *text, struct arena *arena,
                                 struct cached *token, const char **scopes)
{
    struct token_cache *cache = store_tokens(db->store);
    if (recall(cache, text, arena, token, scopes))
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
    keep(cache, text, token, *scopes);
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
