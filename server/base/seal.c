#include "base/seal.h"

#include <glib.h>
#include <string.h>

enum { SUM_LENGTH = 64 }; /* SHA-256 in hexadecimal */

/* What makes a seal: a key, or what the text is bound to. */
struct stamp {
    const char *key, *bound_to;
};

/* The checksum of text and stamp, and a blank, and the text. */
static const char *with_sum(struct arena *arena, const char *text, const struct stamp *stamp)
{
    char *sum;
    if (stamp->key != NULL)
        sum = g_compute_hmac_for_string(G_CHECKSUM_SHA256, (const unsigned char *)stamp->key,
                                        strlen(stamp->key), text, -1);
    else
        sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256,
                                            arena_printf(arena, "%s\n%s", text, stamp->bound_to), -1);
    const char *result = arena_printf(arena, "%s %s", sum, text);
    g_free(sum);
    return result;
}

static void replace(char *text, char what, char by)
{
    for (char *at = text; (at = strchr(at, what)) != NULL; at++)
        *at = by;
}

static const char *seal(struct arena *arena, const char *text, const struct stamp *stamp)
{
    const char *whole = with_sum(arena, text, stamp);
    char *encoded = g_base64_encode((const unsigned char *)whole, strlen(whole));
    encoded[strcspn(encoded, "=")] = '\0';
    replace(encoded, '+', '-');
    replace(encoded, '/', '_');
    const char *result = arena_strdup(arena, encoded);
    g_free(encoded);
    return result;
}

static const char *unseal(struct arena *arena, const char *sealed, const struct stamp *stamp)
{
    size_t length = strlen(sealed), decoded_length;
    char *padded = arena_printf(arena, "%s%.*s", sealed, (int)((4 - length % 4) % 4), "===");
    replace(padded, '-', '+');
    replace(padded, '_', '/');
    unsigned char *decoded = g_base64_decode(padded, &decoded_length);
    const char *whole = arena_strndup(arena, (const char *)decoded, decoded_length);
    g_free(decoded);
    if (strlen(whole) <= SUM_LENGTH)
        return NULL;
    /* GLib leaves out what is no base64, and a text ends at a zero byte: what is sealed again shows
     * whether there was either. */
    const char *text = whole + SUM_LENGTH + 1;
    return strcmp(sealed, seal(arena, text, stamp)) == 0 ? text : NULL;
}

const char *seal_text(struct arena *arena, const char *text, const char *bound_to)
{
    return seal(arena, text, &(struct stamp){.bound_to = bound_to});
}

const char *seal_open(struct arena *arena, const char *sealed, const char *bound_to)
{
    return unseal(arena, sealed, &(struct stamp){.bound_to = bound_to});
}

const char *seal_text_by(struct arena *arena, const char *key, const char *text)
{
    return seal(arena, text, &(struct stamp){.key = key});
}

const char *seal_open_by(struct arena *arena, const char *key, const char *sealed)
{
    return unseal(arena, sealed, &(struct stamp){.key = key});
}
