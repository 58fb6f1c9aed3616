/* The login in the browser: who is sent here by an application, is asked, and sent back with a code. */
#include "api/endpoints/oauth_login.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "api/credential.h"
#include "base/id.h"
#include "base/redirect.h"
#include "base/scopes.h"
#include "base/seal.h"
#include "base/uri.h"

enum {
    FORM_LIFETIME = 10 * 60 * 1000, /* milliseconds */
    CODE_LIFETIME = 120 * 1000,     /* likewise */
    LOCATION_MAX = 2000             /* characters; the head of an answer has room for so many */
};

static const char *const names[LOGIN_PARAMETERS] = {
    [LOGIN_RESPONSE_TYPE] = "response_type",
    [LOGIN_CLIENT_ID] = "client_id",
    [LOGIN_SCOPE] = "scope",
    [LOGIN_REDIRECT_URI] = "redirect_uri",
    [LOGIN_ACCESS_TYPE] = "access_type",
    [LOGIN_PROMPT] = "prompt",
    [LOGIN_STATE] = "state",
};

static int64_t now(const struct login *login)
{
    return clock_milliseconds(login->call->api->crm->clock);
}

/* The checks: nobody is sent to an address, or asked, before all have passed. */

typedef enum oauth_error login_fn(struct login *login);

static enum oauth_error client_is_known(struct login *login)
{
    struct call *call = login->call;
    const char *id = login->values[LOGIN_CLIENT_ID];
    enum store_status status = client_read(
        call->db, credential_client_inside(call->api, call->arena, id), call->arena, &login->client);
    if (id[0] == '\0')
        call->fault.hint = "no client_id was sent";
    if (status != STORE_OK)
        return status == STORE_NOT_FOUND ? OAUTH_LOGIN_CLIENT : OAUTH_FAILED;
    return OAUTH_OK;
}

/* Where the client may send browsers, in the hint. STORE_NOT_FOUND, as for the address that is not
 * among them; STORE_FAILED. */
static enum store_status tell_redirects(const struct login *login)
{
    struct call *call = login->call;
    const char *uris;
    enum store_status status = client_redirects(call->db, &login->client, call->arena, &uris);
    if (status != STORE_OK)
        return status;
    call->fault.hint =
        uris[0] != '\0'
            ? arena_printf(call->arena, "the redirect_uri is not among the client's redirect_uris: %s",
                           uris)
            : "the client's list of redirect_uris is empty: nobody logs in to it by a browser";
    return STORE_NOT_FOUND;
}

static enum oauth_error redirect_is_allowed(struct login *login)
{
    struct call *call = login->call;
    const char *uri = login->values[LOGIN_REDIRECT_URI], *fault = redirect_fault(uri);
    if (uri[0] == '\0')
        call->fault.hint = "no redirect_uri was sent";
    else if (fault != NULL)
        call->fault.hint = arena_printf(call->arena, "the redirect_uri is no good address: %s", fault);
    if (fault != NULL)
        return OAUTH_LOGIN_REDIRECT;
    if (!login->client.loopback) {
        enum store_status status = client_redirect(call->db, &login->client, uri);
        if (status == STORE_NOT_FOUND)
            status = tell_redirects(login);
        if (status == STORE_FAILED)
            return OAUTH_FAILED;
        return status == STORE_OK ? OAUTH_OK : OAUTH_LOGIN_REDIRECT;
    }
    call->fault.hint = "the client has no redirect_uris in the fixtures, so that the redirect_uri is to"
                       " lead to this machine: localhost, 127.0.0.1, [::1]";
    return redirect_is_loopback(uri) ? OAUTH_OK : OAUTH_LOGIN_REDIRECT;
}

static enum oauth_error response_type_is_code(struct login *login)
{
    return strcmp(login->values[LOGIN_RESPONSE_TYPE], "code") == 0 ? OAUTH_OK
                                                                   : OAUTH_LOGIN_RESPONSE_TYPE;
}

static enum oauth_error scopes_may_be_granted(struct login *login)
{
    struct call *call = login->call;
    const char *scopes = login->values[LOGIN_SCOPE], *wrong = "";
    size_t length = 0;
    if (strnlen(scopes, OAUTH_SCOPES_MAX + 1) > OAUTH_SCOPES_MAX)
        return OAUTH_LOGIN_SCOPE;
    if (scopes_are_known(scopes, &wrong, &length))
        return OAUTH_OK;
    if (length > 0)
        call->fault.hint = arena_printf(
            call->arena,
            "no scope of the CRM: %.*s (ZohoCRM.group.OPERATION or ZohoCRM.group.module.OPERATION)",
            (int)length, wrong);
    return OAUTH_LOGIN_SCOPE;
}

static enum oauth_error access_type_is_known(struct login *login)
{
    const char *type = login->values[LOGIN_ACCESS_TYPE];
    login->offline = strcmp(type, "offline") == 0;
    login->call->fault.hint = "access_type is offline or online (the default)";
    return login->offline || type[0] == '\0' || strcmp(type, "online") == 0 ? OAUTH_OK
                                                                            : OAUTH_LOGIN_WORD;
}

static enum oauth_error prompt_is_known(struct login *login)
{
    const char *prompt = login->values[LOGIN_PROMPT];
    login->call->fault.hint = "prompt is consent, or left out";
    return prompt[0] == '\0' || strcmp(prompt, "consent") == 0 ? OAUTH_OK : OAUTH_LOGIN_WORD;
}

/* Where the browser is sent: the application's address, which may have parameters already, and what
 * came of the login. */
static const char *location(const struct login *login, const char *outcome)
{
    struct arena *arena = login->call->arena;
    const char *uri = login->values[LOGIN_REDIRECT_URI], *state = login->values[LOGIN_STATE];
    const char *query = strchr(uri, '?'), *between = query == NULL ? "?" : query[1] == '\0' ? "" : "&";
    if (state[0] != '\0')
        state = arena_printf(arena, "&state=%s", uri_escaped(arena, state));
    return arena_printf(arena, "%s%s%s%s", uri, between, outcome, state);
}

static const char *location_with_code(const struct login *login, const char *code)
{
    const struct request *request = login->call->request;
    struct arena *arena = login->call->arena;
    return location(login, arena_printf(arena, "code=%s&location=us&accounts-server=%s", code,
                                        uri_escaped(arena, request->base_url(request))));
}

static enum oauth_error answer_fits(struct login *login)
{
    const char *code = credential_new(login->call->api, login->call->arena); /* as long as any */
    login->call->fault.hint = "redirect_uri and state make an address of more than 2,000 characters";
    return strlen(location_with_code(
               login, credential_outside(login->call->api, login->call->arena, code))) <= LOCATION_MAX
               ? OAUTH_OK
               : OAUTH_LOGIN_WORD;
}

static login_fn *const checks[] = {
    client_is_known,      redirect_is_allowed, response_type_is_code, scopes_may_be_granted,
    access_type_is_known, prompt_is_known,     answer_fits,
};

static enum oauth_error check(struct login *login)
{
    enum oauth_error error = OAUTH_OK;
    for (size_t i = 0; i < COUNT(checks) && error == OAUTH_OK; i++) {
        login->call->fault.hint = NULL;
        error = checks[i](login);
    }
    return error;
}

/* The form: it carries the whole request, and until when it is good, sealed by a key that no other
 * server and no page has. */

static const char *form_of(const struct login *login)
{
    struct arena *arena = login->call->arena;
    int64_t end = now(login) + FORM_LIFETIME;
    const char *text = arena_printf(arena, "%lld", (long long)end);
    for (size_t i = 0; i < LOGIN_PARAMETERS; i++)
        text = arena_printf(arena, "%s&%s", text, uri_escaped(arena, login->values[i]));
    return seal_text_by(arena, login->call->api->form_key, text);
}

static enum oauth_error read_form(struct login *login)
{
    struct call *call = login->call;
    const char *text = seal_open_by(call->arena, call->api->form_key, oauth_parameter(call, "form"));
    if (text == NULL)
        return OAUTH_LOGIN_FORM;
    char **parts = g_strsplit(text, "&", -1);
    for (size_t i = 0; i < LOGIN_PARAMETERS && parts[i] != NULL && parts[i + 1] != NULL; i++) {
        char *value = g_uri_unescape_string(parts[i + 1], NULL);
        login->values[i] = arena_strdup(call->arena, value != NULL ? value : "");
        g_free(value);
    }
    g_strfreev(parts);
    call->fault.hint = "the form was good for ten minutes: begin again";
    return strtoll(text, NULL, 10) > now(login) ? OAUTH_OK : OAUTH_LOGIN_FORM;
}

static enum oauth_error add_code(const struct login *login, const char *code, const struct user *user)
{
    struct db *db = login->call->db;
    const struct new_token token = {.text = code,
                                    .kind = "code",
                                    .client_id = login->client.id,
                                    .scopes = login->values[LOGIN_SCOPE],
                                    .issued_by = code,
                                    .redirect_uri = login->values[LOGIN_REDIRECT_URI],
                                    .offline = login->offline,
                                    .user_id = user->id,
                                    .expires_at = now(login) + CODE_LIFETIME};
    if (store_begin(db, STORE_REQUEST) != STORE_OK)
        return OAUTH_FAILED;
    bool added = tokens_sweep(db, code, now(login) - OAUTH_EXPIRED_KEPT) == STORE_OK &&
                 token_add(db, &token) == STORE_OK;
    return store_end(db, added) == STORE_OK ? OAUTH_OK : OAUTH_FAILED;
}

static enum oauth_error accept(struct login *login, const struct user *user)
{
    const char *code = credential_new(login->call->api, login->call->arena);
    enum oauth_error error = add_code(login, code, user);
    if (error == OAUTH_OK)
        oauth_page_redirect(
            login->call,
            location_with_code(login, credential_outside(login->call->api, login->call->arena, code)));
    return error;
}

static enum oauth_error reject(struct login *login)
{
    const struct oauth_refusal *refusal = &oauth_refusals[OAUTH_DENIED];
    oauth_page_redirect(login->call,
                        location(login, arena_printf(login->call->arena, "error=%s", refusal->error)));
    login->call->response->rule = refusal->row;
    login->call->response->hint = refusal->hint;
    return OAUTH_OK;
}

/* By id, as the page's form sends it, or by email, as people write it; NULL with a hint. */
static const struct user *user_of_form(struct call *call)
{
    const struct orgs *orgs = call->api->crm->orgs;
    const char *sent = oauth_parameter(call, "user");
    int64_t id;
    call->fault.hint = "there is no user of that id or email";
    oauth_note_missing(call, "user");
    return id_parse(sent, &id) ? orgs_user(orgs, id) : orgs_user_of_email(orgs, sent);
}

static void read_query(struct login *login)
{
    for (size_t i = 0; i < LOGIN_PARAMETERS; i++) {
        const char *value = call_parameter(login->call, names[i]);
        login->values[i] = value != NULL ? value : "";
    }
}

enum oauth_error oauth_ask_user(struct call *call)
{
    struct login login = {.call = call};
    read_query(&login);
    enum oauth_error error = check(&login);
    if (error != OAUTH_OK)
        return error;
    if (call->api->auto_consent != NULL)
        return accept(&login, call->api->auto_consent);
    oauth_page_ask(&login, form_of(&login));
    return OAUTH_OK;
}

/* What a form was made for. */
static enum oauth_error take_form(struct login *login)
{
    enum oauth_error error = read_form(login);
    return error == OAUTH_OK ? check(login) : error;
}

enum oauth_error oauth_take_decision(struct call *call)
{
    struct login login = {.call = call};
    const char *answer = oauth_parameter(call, "answer");
    enum oauth_error error = take_form(&login);
    if (error != OAUTH_OK)
        return error;
    call->fault.hint = NULL;
    if (strcmp(answer, "reject") == 0)
        return reject(&login);
    if (strcmp(answer, "accept") != 0) {
        call->fault.hint = answer[0] != '\0' ? "answer is accept or reject" : "no answer was sent";
        return OAUTH_LOGIN_ANSWER;
    }
    const struct user *user = user_of_form(call);
    return user != NULL ? accept(&login, user) : OAUTH_LOGIN_ANSWER;
}

enum oauth_error oauth_deny(struct call *call)
{
    struct login login = {.call = call};
    enum oauth_error error = OAUTH_OK;
    if (strcmp(call->request->method, "GET") == 0) {
        read_query(&login);
        error = check(&login);
    } else {
        error = take_form(&login);
    }
    return error == OAUTH_OK ? reject(&login) : error;
}
