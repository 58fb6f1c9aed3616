/* A disk that fails on purpose: a SQLite VFS before the machine's, of which a chosen write, sync or
 * read fails. */
#ifndef CRMOCK_UNIT_FAULTY_DISK_H
#define CRMOCK_UNIT_FAULTY_DISK_H

#include <stdbool.h>

enum disk_operation { WRITING, SYNCING, READING };

struct disk_fault {
    const char *name;
    enum disk_operation operation;
    int code; /* SQLite's */
};

enum { DISK_FAULTS = 5 };
extern const struct disk_fault disk_faults[DISK_FAULTS];

/* Puts the VFS before the machine's, for stores that are opened from then on; takes it away again. */
void faulty_disk_install(void);
void faulty_disk_remove(void);
/* Lets the nth operation of that kind from now on fail, once; 0: none. */
void faulty_disk_arm(const struct disk_fault *kind, int nth);
/* True when one has failed since this was asked last. */
bool faulty_disk_was_hit(void);

#endif
