#include "store/token.h"

#include "store/db.h"

static const struct sql live_token = {
    "SELECT user_id, scopes FROM oauth_token WHERE token = ?1 AND kind = 'access' AND revoked = 0"
    " AND (expires_at IS NULL OR expires_at > ?2)"};

enum store_status token_read(struct db *db, const struct orgs *orgs, const char *text, int64_t now,
                             struct arena *arena, struct token *token)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &live_token, "ti", text, now);
    if (row == NULL)
        return STORE_FAILED;
    enum store_status status = db_step(db, row);
    if (status != STORE_OK)
        return status;
    token->user = orgs_user(orgs, sqlite3_column_int64(row, 0));
    token->scopes = db_text(row, 1, arena);
    return token->user != NULL ? STORE_OK : STORE_NOT_FOUND;
}
