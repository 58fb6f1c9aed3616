#include "traffic/mask.h"

#include <string.h>

#include "base/basic.h"
#include "base/word.h"
#include "traffic/entry.h"
#include "traffic/masking.h"

enum { ANYWHERE = IN_HEADERS | IN_PARAMETERS | IN_MEMBERS };

/* Names are compared without - and _, in any case. "code" as a member is what the service calls its
 * refusals by. */
static const struct {
    const char *name;
    unsigned places;
} names[] = {
    {"accesstoken", ANYWHERE},  {"refreshtoken", ANYWHERE},
    {"idtoken", ANYWHERE},      {"authtoken", ANYWHERE},
    {"oauthtoken", ANYWHERE},   {"token", ANYWHERE},
    {"clientsecret", ANYWHERE}, {"secret", ANYWHERE},
    {"code", IN_PARAMETERS},    {"codeverifier", ANYWHERE},
    {"assertion", ANYWHERE},    {"clientassertion", ANYWHERE},
    {"password", ANYWHERE},     {"passwd", ANYWHERE},
    {"passphrase", ANYWHERE},   {"apikey", ANYWHERE},
    {"privatekey", ANYWHERE},   {"authorization", ANYWHERE},
    {"xapikey", ANYWHERE},      {"xauthtoken", ANYWHERE},
    {"xaccesstoken", ANYWHERE}, {"proxyauthorization", ANYWHERE},
    {"cookie", IN_HEADERS},     {"setcookie", IN_HEADERS},
};

static bool is_name(const char *name, size_t length, const char *word)
{
    for (size_t i = 0; i < length; i++) {
        if (name[i] == '-' || name[i] == '_')
            continue;
        if (g_ascii_tolower(name[i]) != *word)
            return false;
        word++;
    }
    return *word == '\0';
}

bool secret_is_named(const char *name, size_t length, unsigned place)
{
    for (size_t i = 0; i < COUNT(names); i++)
        if ((names[i].places & place) != 0 && is_name(name, length, names[i].name))
            return true;
    return false;
}

/* What stands behind 1000.crmock. in the built-in fixtures' tokens, and behind 1000. in their clients.
 */
static const char built_in_words[] =
    "admin closed code custom expired free jobless leads manager professional read refresh restricted "
    "standard unreading unscheduled CRMOCK CRMOCK.FREE CRMOCK.PROFESSIONAL";
static const char head[] = "1000.";
enum { HEAD = sizeof head - 1, WORD_SIZE = 32 };

static bool is_built_in_word(const char *text, size_t length)
{
    char word[WORD_SIZE];
    if (length >= sizeof word)
        return false;
    memcpy(word, text, length);
    word[length] = '\0';
    return length > 0 && strlen(word) == length && word_is_among(built_in_words, word);
}

bool mask_is_built_in(const char *text, size_t length)
{
    if (length <= HEAD || memcmp(text, head, HEAD) != 0)
        return false;
    const char *rest = text + HEAD, *end = text + length, *dot = memchr(rest, '.', length - HEAD);
    if (is_built_in_word(rest, length - HEAD))
        return true;
    return dot != NULL && is_built_in_word(dot + 1, (size_t)(end - dot) - 1);
}

void secret_append(GString *text, const char *secret, size_t length)
{
    enum { SHOWN_MAX = 12 };
    size_t shown = length < SECRET_LENGTH_MIN ? 0 : length / 4;
    shown = shown < SHOWN_MAX ? shown : SHOWN_MAX;
    while (shown > 0 && ((unsigned char)secret[shown] & 0xC0) == 0x80)
        shown--;
    (void)g_string_append_len(text, secret, (gssize)shown);
    (void)g_string_append(text, "...");
}

void secrets_begin(struct secrets *secrets, struct arena *arena)
{
    static const char encoded[] = "1%\\&"; /* of tokens, and of what is written by numbers */
    *secrets = (struct secrets){.arena = arena};
    for (const char *at = encoded; *at != '\0'; at++)
        secrets->starts[(unsigned char)*at] = true;
}

void secrets_add(struct secrets *secrets, const char *value)
{
    size_t length = value != NULL ? strlen(value) : 0;
    if (length < SECRET_LENGTH_MIN || secrets->are_many || mask_is_built_in(value, length))
        return;
    for (size_t i = 0; i < secrets->count; i++)
        if (strcmp(secrets->values[i], value) == 0)
            return;
    secrets->are_many = secrets->count == SECRETS_MAX;
    if (secrets->are_many)
        return;
    secrets->values[secrets->count++] = value;
    secrets->starts[(unsigned char)value[0]] = true;
}

size_t secret_scheme(const char *value)
{
    static const char *const schemes[] = {"Zoho-oauthtoken", "Bearer", "Basic", "Token"};
    for (size_t i = 0; i < COUNT(schemes); i++) {
        size_t length = strlen(schemes[i]);
        if (g_ascii_strncasecmp(value, schemes[i], length) == 0 && value[length] == ' ')
            return length + strspn(value + length, " ");
    }
    return 0;
}

/* Of an Authorization, behind its scheme, too; of Basic what it says. */
static void add_value(struct secrets *secrets, const char *value)
{
    const char *id, *secret, *last = strrchr(value, ' ');
    secrets_add(secrets, value + secret_scheme(value));
    secrets_add(secrets, last != NULL ? last + 1 : NULL);
    if (basic_read(value, secrets->arena, &id, &secret) == BASIC_GOOD)
        secrets_add(secrets, secret);
}

static void add_pairs(struct secrets *secrets, const struct pairs *pairs, unsigned place)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (secret_is_named(pairs->list[i].name, strlen(pairs->list[i].name), place))
            add_value(secrets, pairs->list[i].value);
}

/* All in a member whose name says so. */
static void add_json(struct secrets *secrets, const cJSON *item, bool is_secret)
{
    for (; item != NULL; item = item->next) {
        bool is_one = is_secret || (item->string != NULL &&
                                    secret_is_named(item->string, strlen(item->string), IN_MEMBERS));
        const char *text = is_one ? json_scalar_text(item) : NULL;
        if (text != NULL)
            secrets_add(secrets,
                        arena_strdup(secrets->arena, text)); /* the tree may be cut, or freed */
        add_json(secrets, item->child, is_one);
    }
}

struct secrets *secrets_of(const struct entry *entry, const cJSON *body, const cJSON *answer,
                           struct arena *arena)
{
    struct secrets *secrets = arena_alloc(arena, sizeof *secrets);
    const struct seen *seen = &entry->note.seen;
    secrets_begin(secrets, arena);
    secrets->body_kind = entry_body_kind(entry);
    secrets_add(secrets, seen->token);
    add_pairs(secrets, &seen->headers, IN_HEADERS);
    add_pairs(secrets, &seen->query, IN_PARAMETERS);
    add_pairs(secrets, &seen->form, IN_PARAMETERS);
    add_json(secrets, body, false);
    add_json(secrets, answer, false);
    return secrets;
}

const char *secret_told(struct secrets *secrets, const char *value)
{
    size_t told = secret_scheme(value), length = strlen(value) - told;
    if (length == 0 || mask_is_built_in(value + told, length))
        return value;
    GString *text = g_string_new_len(value, (gssize)told);
    secret_append(text, value + told, length);
    const char *copy = arena_strndup(secrets->arena, text->str, text->len);
    (void)g_string_free(text, true);
    return copy;
}

const char *secrets_cut_value(struct secrets *secrets, unsigned place, const char *name,
                              const char *value)
{
    return secret_is_named(name, strlen(name), place) ? secret_told(secrets, value)
                                                      : secrets_cut(secrets, value);
}
