#include "client/client.h"

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/attrs.h"

#ifndef CRMOCK_VERSION
#define CRMOCK_VERSION "unknown"
#endif

struct client {
    void *library;
    CURLcode (*global_init)(long flags);
    void (*global_cleanup)(void);
    CURL *(*easy_init)(void);
    CURLcode (*easy_setopt)(CURL *handle, CURLoption option, ...);
    CURLcode (*easy_perform)(CURL *handle);
    CURLcode (*easy_getinfo)(CURL *handle, CURLINFO info, ...);
    void (*easy_cleanup)(CURL *handle);
    const char *(*easy_strerror)(CURLcode code);
    struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
    void (*slist_free_all)(struct curl_slist *list);
    char *authorities;    /* file with those to trust; NULL: the system's */
    const char *named_by; /* the variable that has it, for people */
};

static bool is_set(const char *text)
{
    return text != NULL && *text != '\0';
}

/* The variables of the program curl, which its library does not look at. */
static void find_authorities(struct client *client)
{
    const char *bundle = g_getenv("CURL_CA_BUNDLE"), *file = g_getenv("SSL_CERT_FILE");
    client->named_by = !is_set(bundle) ? "SSL_CERT_FILE"
                       : is_set(file)  ? "CURL_CA_BUNDLE, which goes before SSL_CERT_FILE"
                                       : "CURL_CA_BUNDLE";
    client->authorities = is_set(bundle) ? g_strdup(bundle) : is_set(file) ? g_strdup(file) : NULL;
}

/* Debian's three builds, that of the TLS library that libmicrohttpd has loaded already first. */
static const char *const libraries[] = {"libcurl-gnutls.so.4", "libcurl.so.4", "libcurl-nss.so.4"};

/* Fetches one function into a member of the client. */
static bool fetch(const struct client *client, const char *name, void *member)
{
    void *symbol = dlsym(client->library, name);
    memcpy(member, &symbol, sizeof symbol); /* ISO C has no cast from an object to a function */
    return symbol != NULL;
}

static bool fetch_all(struct client *client)
{
    const struct {
        const char *name;
        void *member;
    } functions[] = {
        {"curl_global_init", &client->global_init},   {"curl_global_cleanup", &client->global_cleanup},
        {"curl_easy_init", &client->easy_init},       {"curl_easy_setopt", &client->easy_setopt},
        {"curl_easy_perform", &client->easy_perform}, {"curl_easy_getinfo", &client->easy_getinfo},
        {"curl_easy_cleanup", &client->easy_cleanup}, {"curl_easy_strerror", &client->easy_strerror},
        {"curl_slist_append", &client->slist_append}, {"curl_slist_free_all", &client->slist_free_all},
    };
    for (size_t i = 0; i < COUNT(functions); i++)
        if (!fetch(client, functions[i].name, functions[i].member))
            return false;
    return true;
}

struct client *client_new(struct arena *arena, const char **reason)
{
    struct client *client = must_alloc(sizeof *client);
    *client = (struct client){.library = NULL};
    find_authorities(client);
    for (size_t i = 0; i < COUNT(libraries) && client->library == NULL; i++)
        client->library = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL);
    if (client->library != NULL && fetch_all(client) &&
        client->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
        return client;
    const char *why = dlerror();
    *reason = arena_printf(arena, "libcurl (Debian: libcurl3-gnutls): %s",
                           why != NULL ? why : "it is there, and does not start");
    if (client->library != NULL)
        (void)dlclose(client->library);
    g_free(client->authorities);
    free(client);
    return NULL;
}

void client_free(struct client *client)
{
    if (client == NULL)
        return;
    client->global_cleanup();
    (void)dlclose(client->library);
    g_free(client->authorities);
    free(client);
}

/* A call under way. */
struct talk {
    struct client *client;
    const struct client_call *call;
    struct arena *arena;
    struct client_answer *answer;
    char *body, *grown; /* the body is what has grown, once there is some */
    size_t room, header_count, header_room;
    struct header *headers;
    bool is_too_large;
};

static int stop_when_asked(void *data, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct talk *talk = data;
    (void)a, (void)b, (void)c, (void)d;
    return talk->call->is_stopping(talk->call->context) ? 1 : 0;
}

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
    struct talk *talk = context;
    size_t length = talk->answer->length;
    count *= size;
    if (talk->call->most == 0)
        return count;
    talk->is_too_large = count > talk->call->most - length;
    if (talk->is_too_large)
        return 0;
    if (length + count + 1 > talk->room) {
        talk->room = (length + count + 1) * 2;
        char *grown = must_alloc(talk->room);
        memcpy(grown, talk->body, length);
        free(talk->grown);
        talk->body = talk->grown = grown;
    }
    memcpy(talk->body + length, data, count);
    talk->body[length + count] = '\0';
    talk->answer->length += count;
    return count;
}

enum { HEADERS_MAX = 200 };

/* A line "Name: value"; those of an interim answer are forgotten with the next status line. */
static size_t take_header(char *data, size_t size, size_t count, void *context)
{
    struct talk *talk = context;
    const char *line = arena_strndup(talk->arena, data, size * count);
    const char *colon = strchr(line, ':');
    if (strncmp(line, "HTTP/", 5) == 0)
        talk->header_count = 0;
    if (colon == NULL || talk->header_count == HEADERS_MAX)
        return size * count;
    const char *value = colon + 1 + strspn(colon + 1, " \t");
    talk->headers = arena_grown(talk->arena, talk->headers, talk->header_count, &talk->header_room,
                                sizeof *talk->headers);
    talk->headers[talk->header_count++] =
        (struct header){arena_strndup(talk->arena, line, (size_t)(colon - line)),
                        arena_strndup(talk->arena, value, strcspn(value, "\r\n"))};
    return size * count;
}

static struct curl_slist *list_headers(const struct talk *talk)
{
    struct curl_slist *list = NULL;
    for (const struct header *at = talk->call->headers; at != NULL && at->name != NULL; at++)
        list =
            talk->client->slist_append(list, arena_printf(talk->arena, "%s: %s", at->name, at->value));
    return list;
}

static void set_up(struct talk *talk, CURL *curl)
{
    const struct client_call *call = talk->call;
    CURLcode (*set)(CURL * handle, CURLoption option, ...) = talk->client->easy_setopt;
    (void)set(curl, CURLOPT_URL, call->url);
    (void)set(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)set(curl, CURLOPT_CUSTOMREQUEST, call->method);
    (void)set(curl, CURLOPT_USERAGENT, "crmock/" CRMOCK_VERSION);
    (void)set(curl, CURLOPT_TIMEOUT_MS, call->timeout);
    (void)set(curl, CURLOPT_NOSIGNAL, 1L);
    (void)set(curl, CURLOPT_WRITEFUNCTION, take_body);
    (void)set(curl, CURLOPT_WRITEDATA, talk);
    (void)set(curl, CURLOPT_HEADERFUNCTION, take_header);
    (void)set(curl, CURLOPT_HEADERDATA, talk);
    if (call->body != NULL) {
        (void)set(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(call->body));
        (void)set(curl, CURLOPT_POSTFIELDS, call->body);
    }
    if (call->is_own) {
        (void)set(curl, CURLOPT_PROXY, "");
        (void)set(curl, CURLOPT_SSL_VERIFYPEER, 0L);
        (void)set(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    } else if (talk->client->authorities != NULL) {
        (void)set(curl, CURLOPT_CAINFO, talk->client->authorities);
    }
    if (call->is_stopping != NULL) {
        (void)set(curl, CURLOPT_NOPROGRESS, 0L);
        (void)set(curl, CURLOPT_XFERINFOFUNCTION, stop_when_asked);
        (void)set(curl, CURLOPT_XFERINFODATA, talk);
    }
}

/* What the library says of a certificate tells nobody what to do. */
static const char *explain_certificate(const struct client *client, struct arena *arena)
{
    static const char which[] =
        "the certificate is of another host, of another time, or of an authority"
        " that is not ";
    return client->authorities == NULL
               ? arena_printf(arena, "%sknown (CURL_CA_BUNDLE=FILE names those to trust)", which)
               : arena_printf(arena, "%sin %s (named by %s)", which, client->authorities,
                              client->named_by);
}

/* Why there is no answer. */
static const char *explain(const struct client *client, CURLcode code, struct arena *arena)
{
    if (code == CURLE_PEER_FAILED_VERIFICATION)
        return explain_certificate(client, arena);
    if (code == CURLE_SSL_CACERT_BADFILE && client->authorities != NULL)
        return arena_printf(arena, "the file %s can't be used (named by %s)", client->authorities,
                            client->named_by);
    return arena_strdup(arena, client->easy_strerror(code));
}

static bool is_hopeless(CURLcode code)
{
    return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_SSL_CONNECT_ERROR ||
           code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE;
}

static void perform(struct talk *talk, CURL *curl)
{
    long status = 0;
    CURLcode code = talk->client->easy_perform(curl);
    if (code == CURLE_OK)
        (void)talk->client->easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    talk->answer->status = (unsigned)status;
    talk->answer->is_hopeless = talk->is_too_large || is_hopeless(code);
    talk->answer->reason =
        talk->is_too_large
            ? arena_printf(talk->arena, "the answer has more than %zu bytes", talk->call->most)
        : code != CURLE_OK ? explain(talk->client, code, talk->arena)
                           : NULL;
}

void client_ask(struct client *client, const struct client_call *call, struct arena *arena,
                struct client_answer *answer)
{
    static const struct header none = {NULL, NULL};
    static char empty[] = "";
    struct talk talk = {
        .client = client, .call = call, .arena = arena, .answer = answer, .body = empty, .room = 1};
    *answer = (struct client_answer){.reason = "out of memory", .headers = &none};
    CURL *curl = client->easy_init();
    if (curl == NULL)
        return;
    struct curl_slist *headers = list_headers(&talk);
    set_up(&talk, curl);
    (void)client->easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    perform(&talk, curl);
    client->easy_cleanup(curl);
    client->slist_free_all(headers);
    if (answer->status == 0)
        answer->length = 0;
    answer->body = call->most > 0 ? arena_strndup(arena, talk.body, answer->length) : NULL;
    free(talk.grown);
    talk.headers =
        arena_grown(arena, talk.headers, talk.header_count, &talk.header_room, sizeof *talk.headers);
    talk.headers[talk.header_count] = none;
    answer->headers = talk.headers;
}

const char *client_header(const struct client_answer *answer, const char *name)
{
    for (const struct header *at = answer->headers; at->name != NULL; at++)
        if (strcasecmp(at->name, name) == 0)
            return at->value;
    return NULL;
}
