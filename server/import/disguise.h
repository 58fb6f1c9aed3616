/* Inside the import room: how pseudonyms are made (pseudonym.h). */
#ifndef CRMOCK_IMPORT_DISGUISE_H
#define CRMOCK_IMPORT_DISGUISE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attrs.h"
#include "import/pseudonym.h"

/* Makes texts of one original, a piece after the other. */
struct disguise {
    GHmac *keyed;      /* by the seed, of nothing yet; borrowed */
    GHashTable *words; /* those that must not come out, in small letters; borrowed */
    GString *out, *word;
    unsigned attempt;    /* another makes others */
    bool is_in_path;     /* of a website, where %41 is a letter as well */
    bool is_ideographic; /* letters and digits become ideographs, of which there are many */
    size_t replaced;     /* characters so far */
    /* Bytes that seem random: by whom, and which they are. */
    guint8 origin[32], bytes[32];
    size_t used, block;
};

void disguise_init(struct disguise *disguise, GHmac *keyed, GHashTable *words);
void disguise_clear(struct disguise *disguise);

/* Makes the text of a kind that stands for an original, which has the shape of that kind, by the
 * attempt; `longer` more characters than it needs. Borrowed until the next call. */
MUSTCHECK const char *disguise_make(struct disguise *disguise, const char *original,
                                    enum pseudonym_kind kind, size_t longer);

/* One @, something before it, a dot behind it, and nothing that no email has. */
MUSTCHECK bool disguise_is_email(const char *text);
/* A domain with a dot in it, or that with the @ of an email before it. */
MUSTCHECK bool disguise_is_domain(const char *text);
/* Where the host begins in a website with a scheme, with www. or with both; the text itself where it
 * has neither. */
MUSTCHECK const char *disguise_host(const char *website);

#endif
