#include "import/pseudonym.h"

#include <string.h>

#include "base/pattern.h"
#include "import/disguise.h"
#include "store/field_type.h"

struct pseudonyms {
    GHashTable *entries; /* an original to its struct entry */
    GHashTable *words;   /* that originals have, in small letters */
    GHashTable *taken;   /* what stands for one, in small letters */
    struct pattern *website;
    GHmac *keyed;
    struct disguise disguise;
};

struct entry {
    enum pseudonym_kind kind;
    char *pseudonym; /* NULL: not asked for yet */
};

static void entry_free(void *data)
{
    struct entry *entry = data;
    g_free(entry->pseudonym);
    g_free(entry);
}

struct pseudonyms *pseudonyms_new(const char *seed)
{
    struct pseudonyms *pseudonyms = g_new0(struct pseudonyms, 1);
    pseudonyms->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
    pseudonyms->words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    pseudonyms->taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    pseudonyms->website = pattern_new(field_types[TYPE_WEBSITE].pattern);
    pseudonyms->keyed = g_hmac_new(G_CHECKSUM_SHA256, (const guchar *)seed, strlen(seed));
    disguise_init(&pseudonyms->disguise, pseudonyms->keyed, pseudonyms->words);
    return pseudonyms;
}

void pseudonyms_free(struct pseudonyms *pseudonyms)
{
    disguise_clear(&pseudonyms->disguise);
    g_hmac_unref(pseudonyms->keyed);
    pattern_free(pseudonyms->website);
    g_hash_table_destroy(pseudonyms->taken);
    g_hash_table_destroy(pseudonyms->words);
    g_hash_table_destroy(pseudonyms->entries);
    g_free(pseudonyms);
}

/* Only ASCII words can come out again. */
static void keep_words(struct pseudonyms *pseudonyms, const char *text)
{
    enum { SHORTEST = 4 };
    while (*text != '\0') {
        size_t length = 0;
        while (g_ascii_isalpha(text[length]))
            length++;
        char *word = length >= SHORTEST ? g_ascii_strdown(text, (gssize)length) : NULL;
        if (word != NULL)
            g_hash_table_add(pseudonyms->words, word);
        text += length > 0 ? length : 1;
    }
}

static enum pseudonym_kind kind_of(const struct pseudonyms *pseudonyms, const char *text,
                                   enum pseudonym_kind told)
{
    if (disguise_is_email(text))
        return PSEUDONYM_EMAIL;
    if (told == PSEUDONYM_DOMAIN)
        return disguise_is_domain(text) ? told : PSEUDONYM_TEXT;
    bool may_be_website = told == PSEUDONYM_WEBSITE || disguise_host(text) != text;
    if (may_be_website && pattern_fits(pseudonyms->website, text))
        return PSEUDONYM_WEBSITE;
    return told == PSEUDONYM_MARKUP ? told : PSEUDONYM_TEXT;
}

void pseudonyms_tell(struct pseudonyms *pseudonyms, const char *original, enum pseudonym_kind kind)
{
    struct entry *entry = g_hash_table_lookup(pseudonyms->entries, original);
    kind = kind_of(pseudonyms, original, kind);
    if (entry == NULL) {
        entry = g_new0(struct entry, 1);
        g_hash_table_insert(pseudonyms->entries, g_strdup(original), entry);
        keep_words(pseudonyms, original);
    }
    if (kind > entry->kind)
        entry->kind = kind;
}

/* True for a text that says something by itself, unlike "A-01": who finds it among the pseudonyms would
 * take it for the original. */
static bool is_telling(const char *text)
{
    enum { LETTERS = 4, CHARACTERS = 7 };
    size_t letters = 0, characters = 0;
    for (; *text != '\0'; text++) {
        letters += (size_t)g_ascii_isalpha(*text);
        characters += (size_t)g_ascii_isalnum(*text);
    }
    return letters >= LETTERS || characters >= CHARACTERS;
}

/* Takes a text for an original: in small letters, for unique fields know no others. */
static bool take(struct pseudonyms *pseudonyms, const char *text)
{
    char *small = g_ascii_strdown(text, -1);
    bool is_free = !g_hash_table_contains(pseudonyms->taken, small) &&
                   !(is_telling(text) && g_hash_table_contains(pseudonyms->entries, text));
    if (is_free)
        g_hash_table_add(pseudonyms->taken, small);
    else
        g_free(small);
    return is_free;
}

/* The next text of the same shape, as an odometer goes on. */
static void step(char *text)
{
    static const char lasts[] = "9zZ", firsts[] = "0aA";
    bool goes_on = true;
    for (size_t i = strlen(text); goes_on && i-- > 0;) {
        if (!g_ascii_isalnum(text[i]))
            continue;
        const char *last = strchr(lasts, text[i]);
        goes_on = last != NULL;
        if (goes_on)
            text[i] = firsts[last - lasts];
        else
            text[i]++;
    }
}

/* Where most texts of a shape are in use, as numbers in a row may be. */
static char *take_near(struct pseudonyms *pseudonyms, const char *first)
{
    enum { STEPS = 100000 };
    char *text = g_strdup(first);
    for (int i = 0; i < STEPS; i++) {
        if (take(pseudonyms, text))
            return text;
        step(text);
        if (strcmp(text, first) == 0)
            break;
    }
    g_free(text);
    return NULL;
}

/* How many attempts there are at a length, and how many before ideographs are. */
enum { ATTEMPTS = 32, IDEOGRAPHIC_ATTEMPTS = 1024 };

static size_t longer_by(enum pseudonym_kind kind, unsigned attempt)
{
    if (kind == PSEUDONYM_EMAIL || kind == PSEUDONYM_WEBSITE)
        return attempt / ATTEMPTS;
    return attempt < IDEOGRAPHIC_ATTEMPTS ? 0 : (attempt - IDEOGRAPHIC_ATTEMPTS) / ATTEMPTS + 1;
}

static char *attempt_at(struct pseudonyms *pseudonyms, const char *original, enum pseudonym_kind kind,
                        unsigned attempt)
{
    struct disguise *disguise = &pseudonyms->disguise;
    bool has_domain = kind == PSEUDONYM_EMAIL || kind == PSEUDONYM_WEBSITE;
    disguise->attempt = attempt;
    disguise->is_ideographic = attempt >= ATTEMPTS && !has_domain;
    const char *text = disguise_make(disguise, original, kind, longer_by(kind, attempt));
    bool is_itself = disguise->replaced > 0 && strcmp(text, original) == 0;
    if (disguise->replaced == 0 || kind == PSEUDONYM_DOMAIN || (!is_itself && take(pseudonyms, text)))
        return g_strdup(text);
    bool is_last = attempt == ATTEMPTS - 1 && kind == PSEUDONYM_TEXT;
    return is_last ? take_near(pseudonyms, text) : NULL;
}

const char *pseudonym_of(struct pseudonyms *pseudonyms, const char *original, bool *is_longer)
{
    struct entry *entry = g_hash_table_lookup(pseudonyms->entries, original);
    if (entry == NULL)
        return NULL;
    /* It ends: they become longer, and of those there are more and more. */
    for (unsigned attempt = 0; entry->pseudonym == NULL; attempt++)
        entry->pseudonym = attempt_at(pseudonyms, original, entry->kind, attempt);
    *is_longer = g_utf8_strlen(entry->pseudonym, -1) > g_utf8_strlen(original, -1);
    return entry->pseudonym;
}
