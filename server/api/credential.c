#include "api/credential.h"

#include <string.h>
#include <strings.h>

#include "base/random.h"

static const char head[] = "1000.", own_head[] = "1000." CREDENTIAL_OWNER ".";
enum { HEAD = sizeof head - 1, OWN_HEAD = sizeof own_head - 1 };

const char *credential_sandbox(const char *text, size_t *length)
{
    if (strncmp(text, head, HEAD) != 0)
        return NULL;
    const char *dot = strchr(text + HEAD, '.');
    *length = dot != NULL ? (size_t)(dot - text) - HEAD : 0;
    return *length > 0 ? text + HEAD : NULL;
}

/* What stands behind the sandbox's id; NULL: the text does not name this one. */
static const char *rest_of(const struct api *api, const char *text)
{
    size_t length;
    const char *id = credential_sandbox(text, &length);
    bool is_own = id != NULL && strncmp(id, api->sandbox, length) == 0 && api->sandbox[length] == '\0';
    return is_own ? id + length + 1 : NULL;
}

const char *credential_inside(const struct api *api, struct arena *arena, const char *text)
{
    const char *rest = rest_of(api, text);
    return rest != NULL ? arena_printf(arena, "%s%s", own_head, rest) : text;
}

const char *credential_client_inside(const struct api *api, struct arena *arena, const char *text)
{
    const char *rest = rest_of(api, text);
    return rest != NULL ? arena_printf(arena, "%s%s", head, rest) : text;
}

static bool is_main(const struct api *api)
{
    return strcmp(api->sandbox, MAIN_SANDBOX) == 0;
}

const char *credential_outside(const struct api *api, struct arena *arena, const char *text)
{
    if (is_main(api) || strncmp(text, own_head, OWN_HEAD) != 0)
        return text;
    return arena_printf(arena, "%s%s.%s", head, api->sandbox, text + OWN_HEAD);
}

const char *credential_client_outside(const struct api *api, struct arena *arena, const char *text)
{
    if (is_main(api) || strncmp(text, head, HEAD) != 0)
        return text;
    return arena_printf(arena, "%s%s.%s", head, api->sandbox, text + HEAD);
}

const char *credential_new(const struct api *api, struct arena *arena)
{
    char text[65];
    random_text(text, sizeof text);
    return is_main(api) ? arena_printf(arena, "%s%.32s.%s", head, text, text + 32)
                        : arena_printf(arena, "%s%s", own_head, text);
}

static const char *const token_kinds[] = {"Zoho-oauthtoken ", "Bearer "};

const char *credential_sent(const struct api *api, const struct request *request, struct arena *arena)
{
    const char *header = request->authorization;
    for (size_t i = 0; header != NULL && i < COUNT(token_kinds); i++) {
        size_t length = strlen(token_kinds[i]);
        if (strncasecmp(header, token_kinds[i], length) != 0)
            continue;
        const char *text =
            credential_inside(api, arena, header + length + strspn(header + length, " "));
        if (text[0] != '\0' && strpbrk(text, " \t") == NULL)
            return text;
    }
    return NULL;
}
