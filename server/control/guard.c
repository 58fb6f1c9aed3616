#include "control/guard.h"

#include <string.h>
#include <strings.h>

#include "base/service_host.h"
#include "base/word.h"
#include "control/address.h"
#include "control/call.h"

static bool is_host(const char *text, size_t length, const void *address)
{
    return address_has_name(address, text, length);
}

static bool is_origin(const char *text, size_t length, const void *address)
{
    struct address listed;
    return address_read_origin(text, length, &listed) && address_equals(&listed, address);
}

/* Whether crmock may be called by that host. */
static bool is_safe(const struct control_options *options, const struct address *host)
{
    return address_is_safe(host) || word_any(options->hosts, is_host, host);
}

/* The same, or it is one of the service's. */
static bool is_known(const struct control_options *options, const struct address *host)
{
    return is_safe(options, host) || service_host_is(host->host, host->host_length);
}

/* Holds the Host against that, and the one by which a proxy in front was called, which may have put
 * another in its place. */
static bool has_host(const struct control_options *options, const struct request *request,
                     bool (*is_fine)(const struct control_options *, const struct address *))
{
    const char *texts[] = {
        request->header_count(request, "Host") == 1 ? request->header(request, "Host") : "",
        request->forwarded_host(request)};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct address host;
        if (texts[i] != NULL &&
            !(address_read_host(texts[i], strlen(texts[i]), &host) && is_fine(options, &host)))
            return false;
    }
    return true;
}

static bool refuse(struct arena *arena, struct response *response, const char *why)
{
    control_answer(arena, response, 403, why, NULL);
    return false;
}

static bool refuse_host(struct arena *arena, struct response *response, const char *more)
{
    return refuse(arena, response,
                  arena_printf(arena,
                               "expected a Host that is an IP address, localhost, a name without a dot,"
                               " one under .localhost, .internal or .test, or one of --control-host%s",
                               more));
}

bool guard_passes_host(const struct control_options *options, const struct request *request,
                       struct arena *arena, struct response *response)
{
    return has_host(options, request, is_known) ||
           refuse_host(arena, response, ", or of the service's hosts");
}

/* Where a call comes from. */
enum page_source { FROM_NO_PAGE, FROM_OWN_PAGE, FROM_LISTED_PAGE, FROM_FOREIGN_PAGE };

/* Whether a page is from the address by which it calls. */
static bool is_own(const struct request *request, const struct address *origin)
{
    struct address own;
    const char *url = request->base_url(request);
    size_t front = strcspn(url, "/") + strlen("//");
    return address_read_origin(url, front + strcspn(url + front, "/"), &own) &&
           address_equals(origin, &own);
}

static enum page_source source_of(const struct control_options *options, const struct request *request)
{
    struct address origin;
    unsigned count = request->header_count(request, "Origin");
    if (count == 0)
        return FROM_NO_PAGE;
    const char *text = request->header(request, "Origin");
    if (count > 1 || !address_read_origin(text, strlen(text), &origin))
        return FROM_FOREIGN_PAGE;
    if (word_any(options->origins, is_origin, &origin))
        return FROM_LISTED_PAGE;
    return is_own(request, &origin) ? FROM_OWN_PAGE : FROM_FOREIGN_PAGE;
}

/* What a browser says that a page cannot: also of requests that have no Origin, as images do. */
static bool is_fetched_from_here(const struct request *request)
{
    const char *name = "Sec-Fetch-Site";
    unsigned count = request->header_count(request, name);
    const char *site = count == 1 ? request->header(request, name) : "";
    return count == 0 || strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0;
}

/* It takes the same time for every token of a length, so that none is found byte by byte. */
static bool is_equal(const char *given, const char *wanted)
{
    size_t length = strlen(wanted), given_length = strlen(given);
    volatile unsigned difference = length != given_length;
    for (size_t i = 0; i < given_length; i++)
        difference |= (unsigned char)given[i] ^ (unsigned)(unsigned char)wanted[i % length];
    return difference == 0;
}

static bool has_token(const struct control_options *options, const struct request *request)
{
    static const char scheme[] = "Bearer ";
    const char *header = request->authorization;
    if (options->token == NULL)
        return true;
    if (header == NULL || request->header_count(request, "Authorization") != 1 ||
        strncasecmp(header, scheme, sizeof scheme - 1) != 0)
        return false;
    header += sizeof scheme - 1;
    return is_equal(header + strspn(header, " "), options->token);
}

/* Fetch, 3.3: lets the page see the answer. */
static void let_read(const struct request *request, struct arena *arena, struct response *response)
{
    const struct header headers[] = {
        {"Access-Control-Allow-Origin", request->header(request, "Origin")},
        {"Access-Control-Expose-Headers", "Allow, WWW-Authenticate"},
        {"Vary", "Origin"},
        {NULL, NULL}};
    control_add_headers(arena, response, headers);
}

/* Fetch, 3.2.2: a browser asks before a page calls, and without the page's token. */
static bool answer_preflight(const struct request *request, struct arena *arena,
                             struct response *response)
{
    static const struct header headers[] = {
        {"Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE"},
        {"Access-Control-Allow-Headers",
         "Authorization, Content-Type, Last-Event-ID, X-Crmock-Sandbox"},
        {"Access-Control-Max-Age", "600"},
        {NULL, NULL}};
    if (strcmp(request->method, "OPTIONS") != 0 ||
        request->header(request, "Access-Control-Request-Method") == NULL)
        return false;
    control_add_headers(arena, response, headers);
    response->status = 204;
    return true;
}

static bool ask_for_token(struct arena *arena, struct response *response)
{
    static const struct header headers[] = {{"WWW-Authenticate", "Bearer realm=\"crmock control\""},
                                            {NULL, NULL}};
    control_add_headers(arena, response, headers);
    control_answer(arena, response, 401, "expected Authorization: Bearer and the --control-token",
                   NULL);
    return false;
}

bool guard_passes(const struct control_options *options, const struct request *request, bool is_open,
                  struct arena *arena, struct response *response)
{
    if (!has_host(options, request, is_safe))
        return refuse_host(arena, response, "");
    enum page_source source = source_of(options, request);
    if (source == FROM_FOREIGN_PAGE)
        return refuse(arena, response, "expected no Origin, crmock's own, or one of --control-origin");
    if (source != FROM_LISTED_PAGE && !is_fetched_from_here(request))
        return refuse(arena, response,
                      "expected Sec-Fetch-Site same-origin or none, or one of --control-origin");
    response->headers = control_headers;
    if (source == FROM_LISTED_PAGE)
        let_read(request, arena, response);
    if (source == FROM_LISTED_PAGE && answer_preflight(request, arena, response))
        return false;
    return is_open || has_token(options, request) || ask_for_token(arena, response);
}
