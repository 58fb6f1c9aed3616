#include <string.h>
#include <strings.h>

#include "store/fixture_sections.h"

static const struct sql add_client = {
    "INSERT INTO oauth_client (id, secret, user_id) VALUES (?1, ?2, ?3)"};

void load_client(const struct node *node, void *context)
{
    (void)context;
    node_has_only(node, "id secret user");
    const struct node user = node_member(node, "user");
    node_insert(node, &add_client, "ttI", want_text(node, "id"), want_text(node, "secret"),
                user.json != NULL ? find_user(&user) : 0);
}

/* Words of letters, digits and _ that are joined by dots. */
enum { WORDS_MAX = 6 };
struct scope_text {
    const char *words[WORDS_MAX];
    size_t lengths[WORDS_MAX];
    size_t count;
};

static bool cut(const char *text, size_t length, struct scope_text *scope)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    const char *end = text + length;
    scope->count = 0;
    for (;; text++) {
        size_t word = strspn(text, letters);
        if (word == 0 || scope->count == WORDS_MAX)
            return false;
        scope->words[scope->count] = text;
        scope->lengths[scope->count++] = word;
        text += word;
        if (text == end || *text != '.')
            return text == end;
    }
}

static bool says(const struct scope_text *scope, size_t index, const char *word)
{
    return scope->lengths[index] == strlen(word) &&
           strncasecmp(scope->words[index], word, scope->lengths[index]) == 0;
}

/* What the CRM's scopes end with. Scopes of other products are their own affair. */
static const char *const operations[] = {"ALL", "READ", "CREATE", "UPDATE", "DELETE", "WRITE", NULL};

static bool is_scope(const char *text, size_t length)
{
    struct scope_text scope;
    if (!cut(text, length, &scope) || scope.count < 2)
        return false;
    if (!says(&scope, 0, "ZohoCRM"))
        return true;
    for (size_t i = 0; operations[i] != NULL; i++)
        if (says(&scope, scope.count - 1, operations[i]))
            return scope.count == 3 || scope.count == 4;
    return false;
}

/* Scopes separated by commas or blanks, as they are granted. */
static const char *want_scopes(const struct node *node)
{
    static const char separators[] = ", \t";
    const char *scopes = want_text(node, "scopes"), *at = scopes + strspn(scopes, separators);
    const struct node member = node_member(node, "scopes");
    bool is_one = false;
    while (*at != '\0') {
        size_t length = strcspn(at, separators);
        is_one = is_scope(at, length);
        if (!is_one)
            break;
        at += length;
        at += strspn(at, separators);
    }
    if (!is_one)
        node_fail(&member,
                  "expected scopes separated by commas or blanks, each ZohoCRM.group.OPERATION or"
                  " ZohoCRM.group.word.OPERATION with ALL, READ, CREATE, UPDATE, DELETE or WRITE as the"
                  " operation, like ZohoCRM.modules.ALL and ZohoCRM.settings.fields.READ, or another"
                  " product's, like AaaServer.profile.Read: found \"%.*s\"",
                  (int)strcspn(at, separators), at);
    return scopes;
}

/* When a token expires, in milliseconds: at a time (0: never), or that long after the load (-1: it says
 * none). */
struct expiry {
    int64_t at, after;
};

static struct expiry may_expire(const struct node *node)
{
    const struct node member = node_member(node, "expires");
    const struct fixture_source *source = node->loader->source;
    const char *text = cJSON_IsString(member.json) ? member.json->valuestring : "";
    struct expiry expiry = {.after = -1};
    int64_t time;
    if (member.json == NULL)
        return expiry;
    if (duration_parse(text, &expiry.after))
        expiry.at = source->now * 1000 + source->milliseconds + expiry.after;
    else if (time_parse(text, &time))
        expiry.at = may_time(node, "expires", 0) * 1000;
    else
        node_fail(&member,
                  "expected a time like 2026-01-31T09:30:00+05:30, or a duration from the load,"
                  " like PT2S, of weeks, or of days, hours, minutes and seconds");
    if (expiry.at == 0)
        expiry.at = -1; /* 1970 begins, which is not never */
    return expiry;
}

static const struct sql client_of = {"SELECT 1 FROM oauth_client WHERE id = ?1"};
static const struct sql add_token = {
    "INSERT INTO oauth_token (token, kind, client_id, user_id, scopes, expires_at, expires_after)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, nullif(?7, -1))"};
static const char *const token_kinds[] = {"access", "refresh", "code", NULL};

void load_token(const struct node *node, void *context)
{
    (void)context;
    node_has_only(node, "token kind client user scopes expires");
    const struct node client = node_member(node, "client"), user = node_member(node, "user");
    const char *client_id = node_text(&client);
    const char *kind = may_word(node, "kind", token_kinds);
    struct expiry expiry = may_expire(node);
    (void)node_find(&client, "the id of a client", &client_of, "t", client_id);
    node_insert(node, &add_token, "tttitIi", want_text(node, "token"),
                kind != NULL ? kind : token_kinds[0], client_id, find_user(&user), want_scopes(node),
                expiry.at, expiry.after);
}
