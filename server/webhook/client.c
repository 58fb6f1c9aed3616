#include "webhook/client.h"

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "base/attrs.h"

#ifndef CRMOCK_VERSION
#define CRMOCK_VERSION "unknown"
#endif

struct webhook_client {
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
};

/* Debian's three builds, that of the TLS library that libmicrohttpd has loaded already first. */
static const char *const libraries[] = {"libcurl-gnutls.so.4", "libcurl.so.4", "libcurl-nss.so.4"};

/* Fetches one function into a member of the client. */
static bool fetch(const struct webhook_client *client, const char *name, void *member)
{
    void *symbol = dlsym(client->library, name);
    memcpy(member, &symbol, sizeof symbol); /* ISO C has no cast from an object to a function */
    return symbol != NULL;
}

static bool fetch_all(struct webhook_client *client)
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

struct webhook_client *webhook_client_new(struct arena *arena, const char **reason)
{
    struct webhook_client *client = must_alloc(sizeof *client);
    *client = (struct webhook_client){.library = NULL};
    for (size_t i = 0; i < COUNT(libraries) && client->library == NULL; i++)
        client->library = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL);
    if (client->library != NULL && fetch_all(client) &&
        client->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
        return client;
    const char *why = dlerror();
    *reason = arena_printf(arena, "webhooks need libcurl (Debian: libcurl3-gnutls): %s",
                           why != NULL ? why : "it is there, and does not start");
    if (client->library != NULL)
        (void)dlclose(client->library);
    free(client);
    return NULL;
}

void webhook_client_free(struct webhook_client *client)
{
    if (client == NULL)
        return;
    client->global_cleanup();
    (void)dlclose(client->library);
    free(client);
}

/* Whom to ask whether to go on. */
struct asking {
    bool (*is_stopping)(void *context);
    void *context;
};

static int stop_when_asked(void *data, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct asking *asking = data;
    (void)a, (void)b, (void)c, (void)d;
    return asking->is_stopping(asking->context) ? 1 : 0;
}

static size_t swallow(char *data, size_t size, size_t count, void *context)
{
    (void)data, (void)context;
    return size * count;
}

void webhook_client_post(struct webhook_client *client, const char *url, const char *body, long timeout,
                         bool (*is_stopping)(void *context), void *context, struct arena *arena,
                         long *status, const char **reason)
{
    struct asking asking = {is_stopping, context};
    *status = 0;
    *reason = "out of memory";
    CURL *curl = client->easy_init();
    if (curl == NULL)
        return;
    struct curl_slist *headers =
        client->slist_append(NULL, "Content-Type: application/json;charset=UTF-8");
    (void)client->easy_setopt(curl, CURLOPT_URL, url);
    (void)client->easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)client->easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(body));
    (void)client->easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    (void)client->easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)client->easy_setopt(curl, CURLOPT_USERAGENT, "crmock/" CRMOCK_VERSION);
    (void)client->easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout);
    (void)client->easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)client->easy_setopt(curl, CURLOPT_WRITEFUNCTION, swallow);
    (void)client->easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    (void)client->easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, stop_when_asked);
    (void)client->easy_setopt(curl, CURLOPT_XFERINFODATA, &asking);
    CURLcode code = client->easy_perform(curl);
    if (code == CURLE_OK)
        (void)client->easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
    *reason = code == CURLE_OK ? NULL : arena_strdup(arena, client->easy_strerror(code));
    client->slist_free_all(headers);
    client->easy_cleanup(curl);
}
