/* The words of an HTTP head (RFC 9110, 5.6): whoever reads one reads them alike. Inline, for every byte
 * of every request is looked at. */
#ifndef CRMOCK_BASE_GRAMMAR_H
#define CRMOCK_BASE_GRAMMAR_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/attrs.h"

/* A part of what came. */
struct text {
    const char *at; /* not ended by a zero byte */
    size_t length;
};

/* True for a byte of a name or a method: with another one no request begins. */
MUSTCHECK static inline bool grammar_is_token_byte(char byte)
{
    static const bool marks[256] = {
        ['!'] = true,  ['#'] = true, ['$'] = true, ['%'] = true, ['&'] = true,
        ['\''] = true, ['*'] = true, ['+'] = true, ['-'] = true, ['.'] = true,
        ['^'] = true,  ['_'] = true, ['`'] = true, ['|'] = true, ['~'] = true,
    };
    unsigned letter = (unsigned char)byte | 0x20U;
    return letter - 'a' < 26 || (unsigned)byte - '0' < 10 || marks[(unsigned char)byte];
}

/* How many bytes in front are a token's. */
MUSTCHECK static inline size_t grammar_token_length(struct text text)
{
    size_t length = 0;
    while (length < text.length && grammar_is_token_byte(text.at[length]))
        length++;
    return length;
}

/* True for a byte of a host's name, or of an IPv4 address. */
MUSTCHECK static inline bool grammar_is_name_byte(char byte)
{
    return g_ascii_isalnum(byte) || byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

MUSTCHECK static inline bool grammar_is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* Blanks around a value are no part of it. */
MUSTCHECK static inline struct text grammar_trimmed(struct text text)
{
    while (text.length > 0 && grammar_is_blank(text.at[0])) {
        text.at++;
        text.length--;
    }
    while (text.length > 0 && grammar_is_blank(text.at[text.length - 1]))
        text.length--;
    return text;
}

/* The same word, in letters of any case. */
MUSTCHECK static inline bool grammar_says(struct text text, const char *word)
{
    return strlen(word) == text.length && g_ascii_strncasecmp(text.at, word, text.length) == 0;
}

/* One that is no tab. */
MUSTCHECK static inline bool grammar_has_control_byte(struct text text)
{
    unsigned found = 0;
    for (size_t i = 0; i < text.length; i++) {
        unsigned byte = (unsigned char)text.at[i];
        found |= (unsigned)(byte < ' ') & (unsigned)(byte != '\t');
        found |= (unsigned)(byte == 0x7f);
    }
    return found != 0;
}

#endif
