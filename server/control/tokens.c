/* Access tokens of any user, scopes and lifetime (section 3 of the control API). */
#include <string.h>

#include "api/credential.h"
#include "base/scopes.h"
#include "control/call.h"
#include "store/token.h"

/* When it expires, in milliseconds: at a time, or after a duration or so many seconds; by default as
 * tokens do. */
static int64_t read_expiry(const struct said *said, const struct scene *scene)
{
    enum { LONGEST = 2000000000 };
    const struct said member = said_member(said, "expires");
    int64_t now = clock_milliseconds(&scene->manner.clock), milliseconds, seconds;
    if (member.json == NULL)
        return now + scene->api.token_ttl;
    if (cJSON_IsNumber(member.json))
        return now + said_number(said, "expires", 0, 0, LONGEST) * 1000;
    const char *text = cJSON_IsString(member.json) ? member.json->valuestring : "";
    if (duration_parse(text, &milliseconds))
        return now + milliseconds;
    if (time_parse(text, &seconds))
        return seconds > 0 ? seconds * 1000 : 1;
    said_refuse(&member,
                "expected seconds, a duration like PT90S, or a time like 2026-01-31T09:30:00Z");
    return now;
}

/* A token is some client's. STORE_NOT_FOUND when there is none. */
static enum store_status add(struct control_call *call, struct new_token *token)
{
    struct db *db = store_acquire(call->scene->crm.store);
    if (db == NULL)
        return STORE_FAILED;
    enum store_status status = client_first(db, call->arena, &token->client_id);
    if (status == STORE_OK)
        status = store_begin(db, STORE_REQUEST);
    if (status == STORE_OK)
        status = store_end(db, token_add(db, token) == STORE_OK);
    store_release(db);
    return status;
}

static int64_t make(struct control_call *call)
{
    const struct said said = said_body(call), user = said_member(&said, "user"),
                      scopes = said_member(&said, "scopes");
    said_has_only(&said, "user scopes expires");
    const char *email = said_text(&said, "user", ""), *wrong = "";
    const char *words = said_text(&said, "scopes", "");
    size_t length = 0;
    const struct user *found = orgs_user_of_email(call->scene->crm.orgs, email);
    if (found == NULL)
        said_refuse(&user, "expected the email of a user");
    if (words[0] == '\0' || !scopes_are_known(words, &wrong, &length))
        said_refuse(&scopes,
                    "expected scopes separated by commas or blanks, like ZohoCRM.modules.ALL%s%.*s",
                    length > 0 ? ": found " : "", (int)length, wrong);
    const char *text = credential_new(&call->scene->api, call->arena);
    struct new_token token = {.text = text,
                              .kind = "access",
                              .user_id = found != NULL ? found->id : 0,
                              .scopes = words,
                              .issued_by = text,
                              .expires_at = read_expiry(&said, call->scene)};
    if (call->is_refused)
        return CONTROL_DONE;
    enum store_status status = add(call, &token);
    if (status == STORE_NOT_FOUND)
        return control_refuse(call, 409, NULL,
                              "there is no client in the org that a token could be of");
    if (status != STORE_OK)
        return control_fail(call);
    cJSON *body = cJSON_CreateObject();
    json_add_text(body, "token", credential_outside(&call->scene->api, call->arena, text));
    return control_reply(call, 201, body);
}

const struct control_endpoint tokens_post = {
    .method = "POST",
    .path = "/_crmock/tokens",
    .handle = make,
    .manner = CONTROL_BESIDE,
    .says =
        "Makes an access token: {\"user\": email, \"scopes\", \"expires\": time, duration or seconds}.",
    .takes = "'user': " SCHEMA_TEXT ", 'scopes': " SCHEMA_TEXT
             ", 'expires?': {'type': ['string', 'integer']}",
    .answers = "'token': " SCHEMA_TEXT,
    .status = 201,
};

static cJSON *token_json(const struct control_call *call, const struct given_token *token)
{
    cJSON *object = cJSON_CreateObject();
    json_add_text(object, "token", credential_outside(&call->scene->api, call->arena, token->text));
    json_add_text(object, "user", token->user->email);
    json_add_text(object, "scopes", token->scopes);
    if (token->expires_at != 0)
        control_add_time(call, object, "expires", time_seconds(token->expires_at));
    else
        cJSON_AddNullToObject(object, "expires");
    return object;
}

/* Those that a sandbox has by name. Issued ones are secrets, of which there is nothing to tell that
 * would be good for paging. */
static int64_t list(struct control_call *call)
{
    static const char named[] = "1000." CREDENTIAL_OWNER ".";
    size_t limit = (size_t)query_number(call, "limit", CONTROL_LIST_DEFAULT, 1, CONTROL_LIST_MAX);
    const char *after = query_text(call, "after");
    const struct scene *scene = call->scene;
    struct given_tokens tokens;
    struct db *db = control_connect(call);
    if (db == NULL)
        return CONTROL_DONE;
    after = after != NULL ? credential_inside(&scene->api, call->arena, after) : named;
    enum store_status status =
        tokens_given(db, scene->crm.orgs, named, after, clock_milliseconds(&scene->manner.clock),
                     limit + 1, call->arena, &tokens);
    store_release(db);
    if (status != STORE_OK)
        return control_fail(call);
    cJSON *body = cJSON_CreateObject(), *members = cJSON_AddArrayToObject(body, "tokens");
    for (size_t i = 0; i < tokens.count && i < limit; i++)
        if (tokens.list[i].user != NULL)
            cJSON_AddItemToArray(members, token_json(call, &tokens.list[i]));
    cJSON_AddBoolToObject(body, "more", tokens.count > limit);
    return control_reply(call, 200, body);
}

const struct control_endpoint tokens_get = {
    .method = "GET",
    .path = "/_crmock/tokens",
    .handle = list,
    .manner = CONTROL_BESIDE,
    .query = "limit after",
    .says = "The access tokens 1000.{id}.NAME of the sandbox's orgs that are alive, in the order of"
            " their texts. Those that were issued are not told.",
    .answers = "'tokens': " SCHEMA_LIST(SCHEMA_OBJECT(
        "'token', 'user', 'scopes', 'expires'",
        "'token': " SCHEMA_TEXT ", 'user': " SCHEMA_TEXT ", 'scopes': " SCHEMA_TEXT
        ", 'expires': {'type': ['string', 'null'], 'format': 'date-time'}")) ", 'more': " SCHEMA_FLAG,
};
