#include "tls/name.h"

#include <arpa/inet.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "base/service_host.h"

enum { LABEL_MOST = 63, FURTHER_MOST = 100 };

/* Underscores are in no host name of RFC 1123. They are in many a container's, whose clients GnuTLS
 * would refuse, certificate or not: they name the host in their first message. */
static bool is_label(const char *label, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!g_ascii_isalnum(label[i]) && label[i] != '-')
            return false;
    return length > 0 && length <= LABEL_MOST && label[0] != '-' && label[length - 1] != '-';
}

/* As it can stand in a line. */
static const char *printable(const char *text, struct arena *arena)
{
    char *copy = arena_strndup(arena, text, strnlen(text, NAME_MOST));
    for (char *at = copy; *at != '\0'; at++)
        if (g_ascii_iscntrl(*at))
            *at = '?';
    return copy;
}

/* Clients take what ends in a number for an address, and often a malformed one. */
static bool is_dns_name(const char *text)
{
    const char *label = text, *dot;
    for (; (dot = strchr(label, '.')) != NULL; label = dot + 1)
        if (!is_label(label, (size_t)(dot - label)))
            return false;
    return is_label(label, strlen(label)) && label[strspn(label, "0123456789")] != '\0' &&
           strlen(text) <= NAME_MOST;
}

/* A * stands for one label; clients don't take it for all that is below a top-level domain. */
static bool is_pattern(const char *text)
{
    return strncmp(text, "*.", 2) == 0 && strchr(text + 2, '.') != NULL && is_dns_name(text + 2) &&
           strlen(text) <= NAME_MOST;
}

bool name_read(const char *text, struct arena *arena, struct name *name)
{
    static const struct {
        int family;
        size_t length;
    } kinds[] = {{AF_INET, sizeof(struct in_addr)}, {AF_INET6, sizeof(struct in6_addr)}};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct in6_addr address;
        if (inet_pton(kinds[i].family, text, &address) != 1)
            continue;
        *name = (struct name){.is_address = true, .length = kinds[i].length};
        name->bytes = memcpy(arena_alloc(arena, name->length), &address, name->length);
        return true;
    }
    if (!is_dns_name(text) && !is_pattern(text))
        return false;
    char *lower = arena_strdup(arena, text);
    for (char *at = lower; *at != '\0'; at++)
        *at = g_ascii_tolower(*at);
    *name = (struct name){.bytes = lower, .length = strlen(lower)};
    return true;
}

bool name_equals(const struct name *name, const struct name *other)
{
    return name->is_address == other->is_address && name->length == other->length &&
           memcmp(name->bytes, other->bytes, name->length) == 0;
}

/* False: it is no name. */
static bool add(struct names *names, const char *text, struct arena *arena)
{
    struct name name;
    if (!name_read(text, arena, &name))
        return false;
    for (size_t i = 0; i < names->count; i++)
        if (name_equals(&names->list[i], &name))
            return true;
    names->list = arena_grown(arena, names->list, names->count, &names->room, sizeof name);
    names->list[names->count++] = name;
    return true;
}

static const char *add_further(struct names *names, char *text, size_t most, struct arena *arena)
{
    if (!add(names, g_strstrip(text), arena))
        return arena_printf(arena,
                            "expected a DNS name (*.example.test for all in it), an IPv4 or an IPv6"
                            " address for the certificate, not \"%s\"",
                            printable(text, arena));
    /* Clients take certificates of some tens of KB, and no larger ones. */
    return names->count > most
               ? arena_printf(arena, "expected at most %d further names for the certificate",
                              FURTHER_MOST)
               : NULL;
}

static const char *add_all_further(struct names *names, const char *const *lists, struct arena *arena)
{
    const char *trouble = NULL;
    size_t most = names->count + FURTHER_MOST;
    for (; lists != NULL && *lists != NULL && trouble == NULL; lists++) {
        char **texts = g_strsplit(*lists, ",", -1);
        for (char **text = texts; *text != NULL && trouble == NULL; text++)
            trouble = add_further(names, *text, most, arena);
        g_strfreev(texts);
    }
    return trouble;
}

/* What else a machine may be called is left out: no client could ask for it. */
static void add_machine(struct names *names, struct arena *arena)
{
    char machine[2 * NAME_MOST] = "";
    if (gethostname(machine, sizeof machine - 1) == 0 && is_dns_name(machine))
        (void)add(names, machine, arena);
}

const char *names_collect(struct names *names, const char *const *further, struct arena *arena)
{
    static const char *const local[] = {"localhost", "127.0.0.1", "::1"};
    const char *host;
    *names = (struct names){.list = NULL};
    for (size_t i = 0; i < COUNT(local); i++)
        (void)add(names, local[i], arena);
    for (size_t i = 0; (host = service_host(i)) != NULL; i++)
        (void)add(names, host, arena);
    const char *trouble = add_all_further(names, further, arena);
    names->required = names->count;
    add_machine(names, arena);
    return trouble;
}
