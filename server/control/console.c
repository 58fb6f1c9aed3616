/* The console: a page that steers crmock by the control API, and its files, which the build packs. */
#include <glib.h>
#include <zlib.h>

#include "base/embedded.h"
#include "control/call.h"
#include "control/negotiate.h"

#define TYPE_HTML "text/html; charset=utf-8"
#define TYPE_CSS "text/css; charset=utf-8"
#define TYPE_SCRIPT "text/javascript; charset=utf-8"
#define TYPE_SVG "image/svg+xml; charset=utf-8"
#define TYPE_MARKDOWN "text/markdown; charset=utf-8"

/* Its files, and the pages of the documentation that it reads. */
static const char *const folders[] = {"server/console", "docs"};

/* By what ends a file's name; the page itself is served where the addresses in it lead on from, and
 * there alone. */
static const struct {
    const char *suffix, *type;
} types[] = {
    {".css", TYPE_CSS},
    {".js", TYPE_SCRIPT},
    {".svg", TYPE_SVG},
    {".md", TYPE_MARKDOWN},
};

static const char *type_of(const char *name)
{
    for (size_t i = 0; i < COUNT(types); i++)
        if (g_str_has_suffix(name, types[i].suffix))
            return types[i].type;
    return NULL;
}

/* All files change together, with what crmock is built from. */
static const char *tag(struct arena *arena)
{
    return arena_printf(arena, "\"%.32s\"", source_digest);
}

/* The page has nothing but its own files, and nobody frames it; whatever a record holds, it makes no
 * element or script of it. */
static void add_headers(struct control_call *call, bool is_packed)
{
    const struct header headers[] = {
        {"Cache-Control", "no-cache"}, /* asked for each time: another crmock may be there next */
        {"ETag", arena_printf(call->arena, "W/%s", tag(call->arena))},
        {"Vary", "Accept-Encoding, Origin"},
        {"Content-Security-Policy",
         "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
         " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
         " require-trusted-types-for 'script'; trusted-types 'none'"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {is_packed ? "Content-Encoding" : NULL, "gzip"},
        {NULL, NULL},
    };
    control_add_headers(call->arena, call->response, headers);
}

static voidpf take(voidpf arena, uInt count, uInt size)
{
    return arena_array(arena, count, size);
}

/* What is taken goes with the arena. */
static void keep(voidpf arena, voidpf memory)
{
    (void)arena;
    (void)memory;
}

/* How long it is unpacked, in bytes: RFC 1952, 2.3.1, at its end. */
static size_t unpacked_length(const struct embedded_file *file)
{
    size_t length = 0;
    for (size_t i = 1; i <= 4; i++)
        length = length << 8 | (unsigned char)file->end[-(ptrdiff_t)i];
    return length;
}

/* Of what the build has packed, and memory that never fails: it is sound. */
static const char *unpack(const struct embedded_file *file, struct arena *arena, size_t *length)
{
    enum { OF_GZIP = 16 + MAX_WBITS };
    *length = unpacked_length(file);
    char *text = arena_alloc(arena, *length + 1);
    z_stream stream = {.zalloc = take,
                       .zfree = keep,
                       .opaque = arena,
                       .next_in = (z_const Bytef *)file->text,
                       .avail_in = (uInt)(file->end - file->text),
                       .next_out = (Bytef *)text,
                       .avail_out = (uInt)*length + 1};
    (void)inflateInit2(&stream, OF_GZIP);
    (void)inflate(&stream, Z_FINISH);
    (void)inflateEnd(&stream);
    return text;
}

static int64_t tell(struct control_call *call, const struct embedded_file *file, const char *type)
{
    const struct request *request = call->request;
    bool has_it = negotiate_has_tag(request->header(request, "If-None-Match"), tag(call->arena));
    bool is_packed = !has_it && negotiate_takes_gzip(request->header(request, "Accept-Encoding"));
    (void)control_reply(call, has_it ? 304 : 200, NULL);
    add_headers(call, is_packed);
    if (has_it)
        return CONTROL_DONE;
    struct response *response = call->response;
    response->content_type = type;
    response->body = file->text;
    response->body_length = (size_t)(file->end - file->text);
    if (!is_packed)
        response->body = unpack(file, call->arena, &response->body_length);
    return CONTROL_DONE;
}

static int64_t tell_index(struct control_call *call)
{
    return tell(call, embedded_find("server/console/index.html.gz"), TYPE_HTML);
}

static int64_t tell_file(struct control_call *call)
{
    const char *name = call->parts[0], *type = type_of(name);
    const struct embedded_file *file = NULL;
    for (size_t i = 0; i < COUNT(folders) && file == NULL; i++)
        file = embedded_find(arena_printf(call->arena, "%s/%s.gz", folders[i], name));
    return file != NULL && type != NULL
               ? tell(call, file, type)
               : control_refuse(call, 404, NULL, "the console has no such file");
}

/* Also behind a sandbox's /_s/{id}: the address leads on from the call's own. */
static int64_t lead_in(struct control_call *call)
{
    static const struct header headers[] = {{"Location", "_crmock/"}, {NULL, NULL}};
    (void)control_reply(call, call->endpoint->status, NULL);
    control_add_headers(call->arena, call->response, headers);
    return CONTROL_DONE;
}

const struct control_endpoint console_enter = {
    .method = "GET",
    .path = "/_crmock",
    .handle = lead_in,
    .is_open = true,
    .says = "Leads to the console.",
    .status = 308,
};

const struct control_endpoint console_index = {
    .method = "GET",
    .path = "/_crmock/",
    .handle = tell_index,
    .is_open = true,
    .is_kept = true,
    .says = "The console: a page for people, which does all that it does by the calls below.",
    .text = TYPE_HTML,
};

const struct control_endpoint console_file = {
    .method = "GET",
    .path = "/_crmock/console/{file}",
    .handle = tell_file,
    .is_open = true,
    .is_kept = true,
    .says = "A file of the console.",
    .text = TYPE_CSS ", " TYPE_SCRIPT ", " TYPE_SVG ", " TYPE_MARKDOWN,
};
