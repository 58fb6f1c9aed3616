/* Made-up texts in the place of others: of the same shape and length, and always the same one for a
 * text, but never one for two.
 *
 * Which it is depends on the text and a secret seed alone, save where two would be one: there it is the
 * first that asks who gets it. (A domain is one whatever its capitals.) A word of four letters or more
 * is never one of those that are replaced. Letters stay letters, in capitals or not, but become Latin;
 * digits stay digits; ASCII punctuation, blanks and the ends of lines stay where they are. Lengths are
 * characters. */
#ifndef CRMOCK_IMPORT_PSEUDONYM_H
#define CRMOCK_IMPORT_PSEUDONYM_H

#include <stdbool.h>

#include "base/attrs.h"

/* What a text has to remain. Of several, the last. */
enum pseudonym_kind {
    PSEUDONYM_TEXT,    /* anything; phones, too, whose pattern takes any letters and digits */
    PSEUDONYM_DOMAIN,  /* that of emails by itself, with the @ before it or without: what they have then
                        */
    PSEUDONYM_MARKUP,  /* HTML: tags that are known, names of their attributes, and entities stay */
    PSEUDONYM_WEBSITE, /* F4: scheme, www and port stay, and its domain is one reserved for examples */
    PSEUDONYM_EMAIL    /* its domain likewise: one domain becomes the same one everywhere */
};

struct pseudonyms;

MUSTCHECK struct pseudonyms *pseudonyms_new(const char *seed);
void pseudonyms_free(struct pseudonyms *pseudonyms);

/* Tells a text that is going to be replaced. All are told before the first is asked for. Where it does
 * not have the shape of its kind it is a text; and one that clearly is an email or a website is that,
 * whatever it is told as. */
void pseudonyms_tell(struct pseudonyms *pseudonyms, const char *original, enum pseudonym_kind kind);
/* What stands for it, borrowed; NULL when it was not told. *is_longer: it has more characters, as an
 * email needs when it is shorter than a reserved domain lets it be. */
MUSTCHECK const char *pseudonym_of(struct pseudonyms *pseudonyms, const char *original,
                                   bool *is_longer);

#endif
