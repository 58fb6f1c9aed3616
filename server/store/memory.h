/* Inside the store room, and for whoever makes worlds: the bytes of a store that is kept in memory.
 * Many stores may begin with the same image: what none of them has changed is there once, by the
 * system's copy on write, and costs neither time nor memory when one more begins with it. */
#ifndef CRMOCK_STORE_MEMORY_H
#define CRMOCK_STORE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attrs.h"

/* What a store had at one moment. It never changes; any thread may use it. */
struct image;

/* The image in a file, which it then owns and nobody may change. NULL with errno. */
MUSTCHECK struct image *image_of_file(int file);
/* One with a copy of those bytes. NULL with errno. */
MUSTCHECK struct image *image_of_bytes(const void *bytes, size_t size);
/* One more owner. Returns it. */
struct image *image_share(struct image *image);
/* One owner less; the last one's ends it. NULL is allowed. */
void image_free(struct image *image);
/* Bytes of memory that it alone takes: those that differ from the image which it was made from. */
MUSTCHECK size_t image_own_bytes(const struct image *image);
/* The bytes of a page, from 0; NULL: it ends before that. A page that two images share has one address.
 */
enum { IMAGE_PAGE = 4096 };
MUSTCHECK const unsigned char *image_page(const struct image *image, size_t number);
/* Writes all of it to a file. False with errno. */
MUSTCHECK bool image_write(const struct image *image, int file);

/* The bytes of one store, for one thread at a time. */
struct memory {
    unsigned char *bytes; /* with `room` to grow */
    size_t size, room;
    struct image *image; /* what it began with; NULL: with nothing */
    int file;            /* that the bytes are in, while there is no image; else -1 */
};

/* Begins with what the image has, or with nothing (NULL). False with errno; memory_close in any case.
 */
MUSTCHECK bool memory_open(struct memory *memory, struct image *image);
void memory_close(struct memory *memory);
/* Begins again with that image: all changes are gone. False with errno, and they are not. */
MUSTCHECK bool memory_restart(struct memory *memory, struct image *image);
/* What it has now, as an image (owned by the caller) that shares with the one it began with whatever
 * has not been changed. What began with nothing goes on with that image. NULL with errno. */
MUSTCHECK struct image *memory_image(struct memory *memory);
/* Lets go of the image's pages that were looked at and not changed: they count as memory of each that
 * has them mapped, though there is one of each. Nobody may use the bytes meanwhile. */
void memory_rest(const struct memory *memory);
/* Bytes that differ from the image that it began with, by whole pages; it looks at all of them. */
MUSTCHECK size_t memory_own_bytes(const struct memory *memory);

#endif
