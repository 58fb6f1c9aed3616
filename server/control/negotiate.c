#include "control/negotiate.h"

#include "base/grammar.h"

/* Up to the byte, or all. */
static struct text until(struct text text, char byte)
{
    const char *end = memchr(text.at, byte, text.length);
    return (struct text){text.at, end != NULL ? (size_t)(end - text.at) : text.length};
}

/* What stands behind a part that is at the front, and behind the byte that ends it. */
static struct text behind(struct text text, struct text part)
{
    size_t length = part.length < text.length ? part.length + 1 : part.length;
    return (struct text){text.at + length, text.length - length};
}

/* RFC 9110, 12.4.2: 0 to 1, with at most three digits; 0 says no. */
static bool is_no_weight(struct text value)
{
    size_t zeros = 0;
    for (size_t i = 2; i < value.length; i++)
        zeros += value.at[i] == '0';
    return value.length > 0 && value.at[0] == '0' &&
           (value.length == 1 || (value.at[1] == '.' && zeros == value.length - 2));
}

/* Whether the parameters of a coding refuse it. */
static bool is_refused(struct text parameters)
{
    while (parameters.length > 0) {
        struct text one = until(parameters, ';'), name = until(one, '=');
        if (grammar_says(grammar_trimmed(name), "q"))
            return is_no_weight(grammar_trimmed(behind(one, name)));
        parameters = behind(parameters, one);
    }
    return false;
}

bool negotiate_takes_gzip(const char *accept_encoding)
{
    struct text rest = {accept_encoding, accept_encoding != NULL ? strlen(accept_encoding) : 0};
    bool takes_any = false;
    while (rest.length > 0) {
        struct text element = until(rest, ','), coding = until(element, ';');
        bool is_taken = !is_refused(behind(element, coding));
        coding = grammar_trimmed(coding);
        if (grammar_says(coding, "gzip") || grammar_says(coding, "x-gzip"))
            return is_taken;
        takes_any = takes_any || (grammar_says(coding, "*") && is_taken);
        rest = behind(rest, element);
    }
    return takes_any;
}

bool negotiate_has_tag(const char *if_none_match, const char *tag)
{
    const char *at = if_none_match != NULL ? if_none_match : "";
    size_t length = strlen(tag);
    for (;;) {
        at += strspn(at, " \t,");
        if (*at == '*')
            return true;
        if (strncmp(at, "W/", 2) == 0)
            at += 2;
        const char *end = *at == '"' ? strchr(at + 1, '"') : NULL;
        if (end == NULL)
            return false;
        end++;
        if ((size_t)(end - at) == length && memcmp(at, tag, length) == 0)
            return true;
        at = end;
    }
}
