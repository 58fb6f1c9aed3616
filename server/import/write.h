/* Files of fixtures in a folder, with import.md beside them. */
#ifndef CRMOCK_IMPORT_WRITE_H
#define CRMOCK_IMPORT_WRITE_H

#include "import/convert.h"
#include "import/losses.h"

/* Why nothing may be written into a folder (arena-owned), or NULL: it has files, and no import.md. One
 * that is not there is fine. */
MUSTCHECK const char *import_folder_trouble(const char *folder, struct arena *arena);

/* Writes them, and import.md, which says what was lost and which files are the import's own; those that
 * were its own before, and are none of these, go. Other files are left alone: one of theirs with such a
 * name is a trouble (arena-owned), as is whatever the system says; NULL: none. Nothing has changed when
 * a file cannot be written. */
MUSTCHECK const char *import_write(const char *folder, const struct import_files *files,
                                   const struct import_losses *losses, struct arena *arena);

#endif
