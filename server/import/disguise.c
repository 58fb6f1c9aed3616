#include "import/disguise.h"

#include <string.h>

#include "base/word.h"

enum { WORD_TRIES = 16, KNOWN_WORD = 4 /* letters */ };

void disguise_init(struct disguise *disguise, GHmac *keyed, GHashTable *words)
{
    *disguise = (struct disguise){
        .keyed = keyed, .words = words, .out = g_string_new(NULL), .word = g_string_new(NULL)};
}

void disguise_clear(struct disguise *disguise)
{
    g_string_free(disguise->out, TRUE);
    g_string_free(disguise->word, TRUE);
}

static void finish(GHmac *hmac, guint8 digest[32])
{
    gsize length = 32;
    g_hmac_get_digest(hmac, digest, &length);
    g_hmac_unref(hmac);
}

/* From here on it is made by another original. */
static void begin(struct disguise *disguise, const char *use, const char *original, size_t length)
{
    GHmac *hmac = g_hmac_copy(disguise->keyed);
    g_hmac_update(hmac, (const guchar *)use, (gssize)strlen(use) + 1);
    g_hmac_update(hmac, (const guchar *)original, (gssize)length);
    finish(hmac, disguise->origin);
    disguise->used = sizeof disguise->bytes;
    disguise->block = 0;
}

static void next_block(struct disguise *disguise)
{
    char count[64];
    int length = g_snprintf(count, sizeof count, "%u %zu", disguise->attempt, disguise->block++);
    GHmac *hmac = g_hmac_copy(disguise->keyed);
    g_hmac_update(hmac, disguise->origin, sizeof disguise->origin);
    g_hmac_update(hmac, (const guchar *)count, length);
    finish(hmac, disguise->bytes);
    disguise->used = 0;
}

static unsigned next_byte(struct disguise *disguise)
{
    if (disguise->used == sizeof disguise->bytes)
        next_block(disguise);
    return disguise->bytes[disguise->used++];
}

static char letter_of(struct disguise *disguise, bool is_vowel)
{
    static const char vowels[] = "aeiou", consonants[] = "bdfghklmnprstvz";
    const char *letters = is_vowel ? vowels : consonants;
    return letters[next_byte(disguise) % strlen(letters)];
}

static void make_word(struct disguise *disguise, size_t length)
{
    bool is_vowel = next_byte(disguise) % 4 == 0;
    g_string_truncate(disguise->word, 0);
    for (size_t i = 0; i < length; i++, is_vowel = !is_vowel)
        g_string_append_c(disguise->word, letter_of(disguise, is_vowel));
}

/* A word in small letters that is neither the one that it stands for nor any other original. */
static void make_other_word(struct disguise *disguise, const char *original, size_t bytes,
                            size_t length)
{
    for (int i = 0; i < WORD_TRIES; i++) {
        make_word(disguise, length);
        bool is_same =
            bytes == length && g_ascii_strncasecmp(disguise->word->str, original, length) == 0;
        bool is_known =
            length >= KNOWN_WORD && g_hash_table_contains(disguise->words, disguise->word->str);
        if (!is_same && !is_known)
            return;
    }
}

static bool stays(const struct disguise *disguise, gunichar c)
{
    if (c < 0x80)
        return !g_ascii_isalnum((char)c) && !(c == '%' && disguise->is_in_path);
    return g_unichar_isspace(c);
}

static bool is_letter(const struct disguise *disguise, gunichar c)
{
    return !stays(disguise, c) && !g_unichar_isdigit(c);
}

static void append_ideograph(struct disguise *disguise)
{
    enum { FIRST = 0x4E00, HOW_MANY = 20902 };
    unsigned high = next_byte(disguise), low = next_byte(disguise);
    g_string_append_unichar(disguise->out, FIRST + (high << 8 | low) % HOW_MANY);
}

static void append_like(struct disguise *disguise, gunichar original, char letter)
{
    bool is_capital = g_unichar_isupper(original) || g_unichar_istitle(original);
    disguise->replaced++;
    if (disguise->is_ideographic)
        append_ideograph(disguise);
    else
        g_string_append_c(disguise->out, is_capital ? g_ascii_toupper(letter) : letter);
}

/* The letters that stand together from here on. Where they end. */
static const char *append_word(struct disguise *disguise, const char *at, const char *end)
{
    const char *stop = at;
    size_t length = 0;
    for (; stop < end && is_letter(disguise, g_utf8_get_char(stop)); length++)
        stop = g_utf8_next_char(stop);
    make_other_word(disguise, at, (size_t)(stop - at), length);
    for (size_t i = 0; i < length; i++, at = g_utf8_next_char(at))
        append_like(disguise, g_utf8_get_char(at), disguise->word->str[i]);
    return stop;
}

static const char *append_other(struct disguise *disguise, const char *at, const char *end)
{
    gunichar c = g_utf8_get_char(at);
    if (is_letter(disguise, c))
        return append_word(disguise, at, end);
    if (stays(disguise, c))
        g_string_append_unichar(disguise->out, c);
    else
        append_like(disguise, c, (char)('0' + next_byte(disguise) % 10));
    return g_utf8_next_char(at);
}

static void append_text(struct disguise *disguise, const char *text, size_t length)
{
    for (const char *at = text; at < text + length;)
        at = append_other(disguise, at, text + length);
}

static void append_letters(struct disguise *disguise, size_t count)
{
    for (size_t i = 0; i < count; i++)
        append_like(disguise, 'a', letter_of(disguise, i % 2 != 0));
}

/* Where in HTML a place is. */
struct markup {
    bool is_in_tag;
    char quote; /* in which an attribute's value stands; 0: in none */
};

static const char tags[] =
    "a abbr b big blockquote body br caption center cite code col dd del div dl dt em font footer h1 h2"
    " h3 h4 h5 h6 head header hr html i img ins li link meta ol p pre s section small span strike "
    "strong"
    " style sub sup table tbody td tfoot th thead title tr tt u ul";
static const char attributes[] =
    "align alt bgcolor border cellpadding cellspacing class color colspan dir face height href id lang"
    " name rel rowspan size src style target title type valign width";
static const char entities[] = "amp apos gt lt nbsp quot";

/* Length of the name at a place when it is one of the list; else 0. */
static size_t name_length(const char *at, const char *list)
{
    char name[16];
    size_t length = 0;
    for (; length < sizeof name - 1 && g_ascii_isalnum(at[length]); length++)
        name[length] = g_ascii_tolower(at[length]);
    name[length] = '\0';
    return !g_ascii_isalnum(at[length]) && word_is_among(list, name) ? length : 0;
}

static size_t tag_begins(const char *at, struct markup *markup)
{
    size_t front = 1 + (at[1] == '/'), name = name_length(at + front, tags);
    markup->is_in_tag = name > 0;
    return name > 0 ? front + name : 0;
}

static size_t in_tag(const char *at, struct markup *markup)
{
    if (*at == '"' || *at == '\'')
        markup->quote = *at;
    markup->is_in_tag = *at != '>';
    if (markup->quote != '\0' || !markup->is_in_tag)
        return 1;
    size_t name = name_length(at, attributes);
    return at[name] == '=' ? name : 0;
}

/* Bytes of markup at a place, which stay; 0: there is none. */
static size_t markup_length(const char *at, struct markup *markup)
{
    size_t entity = *at == '&' ? name_length(at + 1, entities) : 0;
    if (entity > 0 && at[1 + entity] == ';')
        return entity + 2;
    if (markup->quote != '\0') {
        bool ends = *at == markup->quote;
        if (ends)
            markup->quote = '\0';
        return ends;
    }
    if (markup->is_in_tag)
        return in_tag(at, markup);
    return *at == '<' ? tag_begins(at, markup) : 0;
}

static void append_html(struct disguise *disguise, const char *text)
{
    struct markup markup = {.is_in_tag = false};
    const char *end = text + strlen(text);
    for (const char *at = text; at < end;) {
        size_t length = markup_length(at, &markup);
        g_string_append_len(disguise->out, at, (gssize)length);
        at = length > 0 ? at + length : append_other(disguise, at, end);
    }
}

/* Reserved for examples: nobody's. */
static const char long_top[] = ".example", short_top[] = ".test";

static size_t domain_length(const char *domain, size_t bytes, size_t longer)
{
    const size_t shortest = 1 + strlen(short_top);
    size_t length = (size_t)g_utf8_strlen(domain, (gssize)bytes) + longer;
    return length > shortest ? length : shortest;
}

/* Another for a domain, the same wherever it stands: as long, or as short as one of the reserved can
 * be.
 */
static void append_domain(struct disguise *disguise, const char *domain, size_t bytes, size_t longer)
{
    enum { LABEL_MAX = 40, LABEL_MIN = 3 };
    size_t length = domain_length(domain, bytes, longer);
    const char *top = length >= LABEL_MIN + strlen(long_top) ? long_top : short_top;
    char *small = g_utf8_strdown(domain, (gssize)bytes);
    begin(disguise, "domain", small, strlen(small));
    g_free(small);
    length -= strlen(top);
    make_other_word(disguise, domain, bytes, length);
    for (size_t i = LABEL_MAX - 1; i + 1 < length; i += LABEL_MAX)
        disguise->word->str[i] = '.';
    g_string_append(disguise->out, disguise->word->str);
    g_string_append(disguise->out, top);
    disguise->replaced += length;
}

/* What stands before the @ gives way to a domain that has become longer. */
static void cut(struct disguise *disguise, size_t length)
{
    const char *end = g_utf8_offset_to_pointer(disguise->out->str, (glong)length - 1);
    g_string_truncate(disguise->out, (gsize)(end - disguise->out->str));
    append_letters(disguise, 1); /* it may not end with a dot */
}

static void append_email(struct disguise *disguise, const char *email, size_t longer)
{
    const char *at = strchr(email, '@'), *domain = at + 1;
    size_t most = (size_t)g_utf8_strlen(email, -1) + longer;
    size_t rest = 1 + domain_length(domain, strlen(domain), 0), room = most > rest ? most - rest : 1;
    append_text(disguise, email, (size_t)(at - email));
    append_letters(disguise, longer);
    if (room < (size_t)g_utf8_strlen(disguise->out->str, -1))
        cut(disguise, room);
    g_string_append_c(disguise->out, '@');
    unsigned attempt = disguise->attempt;
    disguise->attempt = 0;
    append_domain(disguise, domain, strlen(domain), 0);
    disguise->attempt = attempt;
}

const char *disguise_host(const char *website)
{
    static const char *const schemes[] = {"https://", "http://", "ftp://"};
    static const char www[] = "www.";
    for (size_t i = 0; i < COUNT(schemes); i++)
        if (g_ascii_strncasecmp(website, schemes[i], strlen(schemes[i])) == 0) {
            website += strlen(schemes[i]);
            break;
        }
    bool has_www = g_ascii_strncasecmp(website, www, strlen(www)) == 0 &&
                   memchr(website + strlen(www), '.', strcspn(website + strlen(www), ":/?#")) != NULL;
    return website + (has_www ? strlen(www) : 0);
}

static void append_website(struct disguise *disguise, const char *website, size_t longer)
{
    const char *host = disguise_host(website);
    size_t length = strcspn(host, ":/?#");
    const char *port = host + length, *path = port + strcspn(port, "/?#");
    g_string_append_len(disguise->out, website, host - website);
    append_domain(disguise, host, length, longer);
    g_string_append_len(disguise->out, port, path - port);
    begin(disguise, "path", website, strlen(website));
    disguise->is_in_path = true;
    append_text(disguise, path, strlen(path));
    disguise->is_in_path = false;
}

static const char none_of_emails[] = " \t\r\n/:?#<>,;()";

bool disguise_is_email(const char *text)
{
    const char *at = strchr(text, '@');
    return at != NULL && at != text && strchr(at + 1, '@') == NULL && strchr(at + 1, '.') != NULL &&
           strpbrk(text, none_of_emails) == NULL;
}

bool disguise_is_domain(const char *text)
{
    const char *domain = text + (text[0] == '@'), *dot = strchr(domain, '.');
    return dot != NULL && dot != domain && dot[1] != '\0' && strchr(domain, '@') == NULL &&
           strpbrk(domain, none_of_emails) == NULL;
}

const char *disguise_make(struct disguise *disguise, const char *original, enum pseudonym_kind kind,
                          size_t longer)
{
    g_string_truncate(disguise->out, 0);
    disguise->replaced = 0;
    begin(disguise, "text", original, strlen(original));
    switch (kind) {
    case PSEUDONYM_EMAIL:
        append_email(disguise, original, longer);
        break;
    case PSEUDONYM_DOMAIN:
        append_text(disguise, original, original[0] == '@'); /* which stays */
        append_domain(disguise, original + (original[0] == '@'),
                      strlen(original) - (original[0] == '@'), longer);
        break;
    case PSEUDONYM_WEBSITE:
        append_website(disguise, original, longer);
        break;
    case PSEUDONYM_MARKUP:
        append_html(disguise, original);
        append_letters(disguise, longer);
        break;
    case PSEUDONYM_TEXT:
        append_text(disguise, original, strlen(original));
        append_letters(disguise, longer);
        break;
    }
    return disguise->out->str;
}
