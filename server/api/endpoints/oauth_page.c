/* The pages that people see: text and a form, no script, nothing from elsewhere. */
#include <glib.h>
#include <string.h>

#include "api/credential.h"
#include "api/endpoints/oauth_login.h"
#include "base/embedded.h"
#include "base/scopes.h"

/* Adds HTML; what %s and its like stand for is text, and escaped. */
static void add(GString *page, const char *format, ...) PRINTF(2, 3);
static void add(GString *page, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = g_markup_vprintf_escaped(format, args);
    va_end(args);
    g_string_append(page, text);
    g_free(text);
}

static const struct embedded_file *style(void)
{
    return embedded_find("server/api/endpoints/oauth.css");
}

static GString *new_page(const char *title)
{
    const struct embedded_file *css = style();
    GString *page =
        g_string_new("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    add(page, "<title>%s - crmock</title>\n", title);
    g_string_append(page, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                          "<meta name=\"color-scheme\" content=\"light dark\">\n<style>");
    g_string_append_len(page, css->text, css->end - css->text);
    g_string_append(page, "</style>\n</head>\n<body>\n<main>\n"
                          "<p class=\"brand\">crmock, in place of the accounts server</p>\n");
    return page;
}

/* The style sheet in the page is the only thing that it may use. A form may be sent on to the
 * application, and by that to wherever it likes: form-action holds for each step of the way. */
static const char *policy(struct arena *arena)
{
    const struct embedded_file *css = style();
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    unsigned char bytes[32];
    gsize size = sizeof bytes;
    g_checksum_update(sum, (const unsigned char *)css->text, css->end - css->text);
    g_checksum_get_digest(sum, bytes, &size);
    g_checksum_free(sum);
    char *hash = g_base64_encode(bytes, size);
    const char *text =
        arena_printf(arena,
                     "default-src 'none'; style-src 'sha256-%s'; form-action http: https:;"
                     " base-uri 'none'; frame-ancestors 'none'",
                     hash);
    g_free(hash);
    return text;
}

/* Of a list that ends with {NULL, NULL}; the copy lives as long as the answer. */
static const struct header *keep(struct arena *arena, const struct header *headers)
{
    size_t count = 1;
    for (const struct header *header = headers; header->name != NULL; header++)
        count++;
    struct header *kept = arena_array(arena, count, sizeof *kept);
    memcpy(kept, headers, count * sizeof *kept);
    return kept;
}

static void send_page(struct call *call, unsigned status, GString *page)
{
    const struct header headers[] = {
        {"Cache-Control", "no-store"},      {"Content-Security-Policy", policy(call->arena)},
        {"X-Frame-Options", "DENY"},        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"}, {NULL, NULL},
    };
    g_string_append(page, "</main>\n</body>\n</html>\n");
    *call->response = (struct response){.status = status,
                                        .content_type = "text/html;charset=UTF-8",
                                        .body = arena_strndup(call->arena, page->str, page->len),
                                        .body_length = page->len,
                                        .headers = keep(call->arena, headers)};
    g_string_free(page, true);
}

void oauth_page_redirect(struct call *call, const char *location)
{
    const struct header headers[] = {
        {"Location", location},
        {"Cache-Control", "no-store"},
        {"Referrer-Policy", "no-referrer"},
        {NULL, NULL},
    };
    *call->response =
        (struct response){.status = 302, .body = "", .headers = keep(call->arena, headers)};
}

void oauth_page_refuse(struct call *call, const struct oauth_refusal *refusal, const char *hint)
{
    GString *page = new_page("This login cannot go on");
    g_string_append(page, "<h1>This login cannot go on</h1>\n");
    add(page, "<p class=\"error\"><code>%s</code></p>\n<p>The reason: %s.</p>\n", refusal->error, hint);
    add(page,
        "<p class=\"note\">The application was told nothing. It is rule %s of crmock, in the table"
        " \"Refusals of a login\" of its docs/oauth.md.</p>\n",
        refusal->row);
    send_page(call, refusal->status, page);
}

static void add_scopes(GString *page, struct arena *arena, const char *scopes)
{
    const char *scope;
    size_t length;
    g_string_append(page, "<h2 id=\"scopes\">It asks for</h2>\n<ul aria-labelledby=\"scopes\">\n");
    while ((scope = scopes_next(&scopes, &length)) != NULL)
        add(page, "<li><code>%s</code></li>\n", arena_strndup(arena, scope, length));
    g_string_append(page, "</ul>\n");
}

static void add_user(GString *page, const struct user *user, bool is_chosen)
{
    add(page, "<label><input type=\"radio\" name=\"user\" value=\"%lld\" required%s>\n",
        (long long)user->id, is_chosen ? " checked" : "");
    add(page,
        "<span><bdi>%s</bdi> <small><bdi>%s</bdi></small></span> <small><bdi>%s</bdi></small>"
        "</label>\n",
        user->name, user->email, user->profile->name);
}

/* The user of the client is proposed, or the first of all. */
static int64_t proposed(const struct login *login)
{
    const struct orgs *orgs = login->call->api->crm->orgs;
    if (orgs_user(orgs, login->client.user_id) != NULL)
        return login->client.user_id;
    for (size_t i = 0; i < orgs->count; i++)
        if (orgs->list[i].user_count > 0)
            return orgs->list[i].users[0].id;
    return 0;
}

/* Of all orgs: a client belongs to none. */
static void add_users(GString *page, const struct login *login)
{
    const struct orgs *orgs = login->call->api->crm->orgs;
    int64_t chosen = proposed(login);
    for (size_t i = 0; i < orgs->count; i++) {
        const struct org *org = &orgs->list[i];
        if (org->user_count == 0)
            continue;
        add(page, "<fieldset>\n<legend>Log in as a user of <bdi>%s</bdi></legend>\n", org->name);
        for (size_t k = 0; k < org->user_count; k++)
            add_user(page, &org->users[k], org->users[k].id == chosen);
        g_string_append(page, "</fieldset>\n");
    }
}

void oauth_page_ask(struct login *login, const char *form)
{
    GString *page = new_page("Grant access");
    add(page, "<h1>Let <bdi>%s</bdi> use the CRM?</h1>\n", login->client.id);
    add_scopes(page, login->call->arena, login->values[LOGIN_SCOPE]);
    add(page, "<p class=\"note\">%s The answer goes to <bdi class=\"address\">%s</bdi></p>\n",
        login->offline ? "It may get new access tokens later, without asking again (offline)."
                       : "Its access ends with its first access token (online).",
        login->values[LOGIN_REDIRECT_URI]);
    g_string_append(page, "<form method=\"post\" action=\"auth\">\n");
    add(page, "<input type=\"hidden\" name=\"form\" value=\"%s\">\n", form);
    if (strcmp(login->call->api->sandbox, MAIN_SANDBOX) != 0) /* which the answer is for */
        add(page, "<input type=\"hidden\" name=\"client_id\" value=\"%s\">\n",
            credential_client_outside(login->call->api, login->call->arena, login->client.id));
    add_users(page, login);
    g_string_append(page, "<div class=\"answers\">\n"
                          "<button name=\"answer\" value=\"accept\">Accept</button>\n"
                          "<button name=\"answer\" value=\"reject\" formnovalidate>Reject</button>\n"
                          "</div>\n</form>\n");
    send_page(login->call, 200, page);
}
