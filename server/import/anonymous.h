/* What is personal in an imported org, replaced. */
#ifndef CRMOCK_IMPORT_ANONYMOUS_H
#define CRMOCK_IMPORT_ANONYMOUS_H

#include "import/convert.h"

/* Replaces the names and emails of users and the org's name; in records and line items, and in the
 * criteria of views and rules, the texts, emails, phones and websites, the names that lookups bring
 * along, and what stands in files' entries. A value becomes the same one wherever it stands (see
 * pseudonym.h), so whoever is named by an email still is. Ids, numbers, dates, values of picklists and
 * all other metadata stay, as does what is no text.
 *
 * Types are those of the `fields` in the files, which extend nothing and generate no records; what
 * stands in a field that they do not have counts as free text, and is noted. Trees stay as they are but
 * for texts; there is no raw JSON (json_text) in them. Who has the seed can try whether a value that he
 * thinks of was there: it is a secret. Takes as much memory as the texts do, until it is done. */
void import_anonymize(struct import_files *files, const char *seed, struct import_losses *losses);

#endif
