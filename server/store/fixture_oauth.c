#include <string.h>

#include "base/redirect.h"
#include "base/scopes.h"
#include "store/fixture_sections.h"

static const struct sql add_client = {
    "INSERT INTO oauth_client (id, secret, user_id, loopback) VALUES (?1, ?2, ?3, ?4)"};
static const struct sql add_redirect = {"INSERT INTO oauth_redirect (client_id, uri) VALUES (?1, ?2)"};

static void load_redirect(const struct node *node, void *context)
{
    enum { LENGTH_MAX = 1500 }; /* with code and state it must go into a header */
    const char *uri = node_text(node), *client_id = context;
    const char *fault = node_failed(node) ? NULL : redirect_fault(uri);
    if (fault != NULL)
        node_fail(node, "expected an address like https://app.example/callback: %s", fault);
    if (strlen(uri) > LENGTH_MAX)
        node_fail(node, "expected an address of at most %d characters", LENGTH_MAX);
    node_insert(node, &add_redirect, "tt", client_id, uri);
}

void load_client(const struct node *node, void *context)
{
    (void)context;
    node_has_only(node, "id secret user redirect_uris");
    const struct node user = node_member(node, "user"), redirects = node_member(node, "redirect_uris");
    const char *id = want_text(node, "id");
    node_insert(node, &add_client, "ttIi", id, want_text(node, "secret"),
                user.json != NULL ? find_user(&user) : 0, (int64_t)(redirects.json == NULL));
    node_each(&redirects, load_redirect, (void *)id);
}

/* Scopes separated by commas or blanks, as they are granted. */
static const char *want_scopes(const struct node *node)
{
    const char *scopes = want_text(node, "scopes"), *wrong;
    const struct node member = node_member(node, "scopes");
    size_t length;
    if (!scopes_are_known(scopes, &wrong, &length))
        node_fail(&member,
                  "expected scopes separated by commas or blanks, each ZohoCRM.group.OPERATION or"
                  " ZohoCRM.group.word.OPERATION with ALL, READ, CREATE, UPDATE, DELETE or WRITE as the"
                  " operation, like ZohoCRM.modules.ALL and ZohoCRM.settings.fields.READ, or another"
                  " product's, like AaaServer.profile.Read: found \"%.*s\"",
                  (int)length, wrong);
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
