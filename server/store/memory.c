#include "store/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

enum { PAGE = IMAGE_PAGE };

struct image {
    atomic_uint owners;
    size_t size;
    struct image *under;  /* the rest of it is there; NULL: it is in the file */
    int file;             /* -1: with `under` */
    unsigned char *bytes; /* of the file, mapped to be read */
    /* With `under`: the pages that differ, by their numbers. */
    size_t count;
    size_t *numbers;
    unsigned char *pages;
};

static size_t whole_pages(size_t size)
{
    return (size + PAGE - 1) / PAGE * PAGE;
}

static struct image *new_image(size_t size)
{
    struct image *image = must_alloc(sizeof *image);
    *image = (struct image){.size = size, .file = -1};
    atomic_init(&image->owners, 1);
    return image;
}

struct image *image_of_file(int file)
{
    struct stat status;
    if (fstat(file, &status) != 0 || status.st_size <= 0) {
        (void)close(file);
        return NULL;
    }
    size_t size = (size_t)status.st_size;
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
    if (bytes == MAP_FAILED) {
        (void)close(file);
        return NULL;
    }
    struct image *image = new_image(size);
    image->file = file;
    image->bytes = bytes;
    return image;
}

struct image *image_share(struct image *image)
{
    (void)atomic_fetch_add(&image->owners, 1);
    return image;
}

void image_free(struct image *image)
{
    if (image == NULL || atomic_fetch_sub(&image->owners, 1) != 1)
        return;
    if (image->file >= 0) {
        (void)munmap(image->bytes, image->size);
        (void)close(image->file);
    }
    image_free(image->under);
    free(image->numbers);
    free(image->pages);
    free(image);
}

size_t image_own_bytes(const struct image *image)
{
    return image->under != NULL ? image->count * PAGE : image->size;
}

/* The one that has a file: what images share. */
static const struct image *root_of(const struct image *image)
{
    return image->under != NULL ? image->under : image;
}

static int by_number(const void *one, const void *other)
{
    const size_t *a = one, *b = other;
    return (*a > *b) - (*a < *b);
}

const unsigned char *image_page(const struct image *image, size_t number)
{
    if (number >= whole_pages(image->size) / PAGE)
        return NULL;
    const size_t *own = image->count == 0
                            ? NULL
                            : bsearch(&number, image->numbers, image->count, sizeof number, by_number);
    return own != NULL ? image->pages + (size_t)(own - image->numbers) * PAGE
                       : root_of(image)->bytes + number * PAGE;
}

static bool write_at(int file, const void *bytes, size_t size, size_t at)
{
    for (size_t done = 0; done < size;) {
        ssize_t count = pwrite(file, (const char *)bytes + done, size - done, (off_t)(at + done));
        if (count < 0 && errno != EINTR)
            return false;
        done += count > 0 ? (size_t)count : 0;
    }
    return true;
}

bool image_write(const struct image *image, int file)
{
    const struct image *root = root_of(image);
    size_t shared = root->size < image->size ? root->size : image->size;
    bool written = ftruncate(file, (off_t)image->size) == 0 && write_at(file, root->bytes, shared, 0);
    for (size_t i = 0; i < image->count && written; i++)
        written = write_at(file, image->pages + i * PAGE, PAGE, image->numbers[i] * PAGE);
    /* What was read to be written would count as memory in use. */
    (void)madvise(root->bytes, root->size, MADV_DONTNEED);
    return written;
}

struct image *image_of_bytes(const void *bytes, size_t size)
{
    int file = memfd_create("crmock", MFD_CLOEXEC);
    if (file < 0)
        return NULL;
    if (write_at(file, bytes, size, 0))
        return image_of_file(file);
    (void)close(file);
    return NULL;
}

/* Room for a store to grow, of addresses only: less where the system gives no more. What is left for
 * everything else must be enough for the requests that are under way, which cannot go on without, and
 * for what a thread takes that has not allocated yet: 64 MiB of addresses for its allocations, a stack.
 */
static unsigned char *reserve(size_t wanted, size_t least, size_t *room)
{
    enum { ROOM_MIN = 64 << 20, SPARE = 192 << 20 };
    for (*room = wanted; *room >= ROOM_MIN && *room >= 2 * least; *room /= 4) {
        unsigned char *bytes = mmap(NULL, *room + SPARE, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (bytes != MAP_FAILED) {
            (void)munmap(bytes + *room, SPARE);
            return bytes;
        }
    }
    errno = ENOMEM;
    return NULL;
}

/* Lays the image into the room. */
static bool lay(unsigned char *bytes, const struct image *image)
{
    const struct image *root = root_of(image);
    size_t shared = whole_pages(root->size < image->size ? root->size : image->size);
    if (mmap(bytes, shared, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, root->file,
             0) == MAP_FAILED)
        return false;
    for (size_t i = 0; i < image->count; i++)
        memcpy(bytes + image->numbers[i] * PAGE, image->pages + i * PAGE, PAGE);
    return true;
}

/* While there is no image the bytes are in a file in memory, which becomes one as it is. */
static bool lay_new_file(struct memory *memory)
{
    memory->file = memfd_create("crmock", MFD_CLOEXEC);
    return memory->file >= 0 && ftruncate(memory->file, (off_t)memory->room) == 0 &&
           mmap(memory->bytes, memory->room, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                memory->file, 0) != MAP_FAILED;
}

/* One that begins with an image is one of many. */
static size_t room_for(const struct image *image)
{
    enum { ROOM_MOST = 1 << 30, ROOM_OF_MANY = 256 << 20 };
    size_t room = ROOM_OF_MANY;
    while (room < ROOM_MOST && (image == NULL || room / 4 < image->size))
        room *= 4;
    return room;
}

static bool open_with(struct memory *memory, struct image *image, size_t wanted)
{
    *memory = (struct memory){.file = -1};
    memory->bytes = reserve(wanted, image != NULL ? image->size : 0, &memory->room);
    if (memory->bytes == NULL)
        return false;
    if (image == NULL)
        return lay_new_file(memory);
    memory->image = image_share(image);
    memory->size = image->size;
    return lay(memory->bytes, image);
}

bool memory_open(struct memory *memory, struct image *image)
{
    return open_with(memory, image, room_for(image));
}

void memory_close(struct memory *memory)
{
    if (memory->bytes != NULL)
        (void)munmap(memory->bytes, memory->room);
    if (memory->file >= 0)
        (void)close(memory->file);
    image_free(memory->image);
    *memory = (struct memory){.file = -1};
}

bool memory_restart(struct memory *memory, struct image *image)
{
    struct memory anew;
    size_t room = room_for(image), wanted = memory->room > room ? memory->room : room;
    if (!open_with(&anew, image, wanted)) {
        int reason = errno;
        memory_close(&anew);
        errno = reason;
        return false;
    }
    memory_close(memory);
    *memory = anew;
    return true;
}

/* What the system knows of the pages: a word for each (proc(5), pagemap), owned by the caller. NULL
 * where it does not tell. */
static uint64_t *page_words(const struct memory *memory, size_t pages)
{
    uint64_t *words = must_alloc((pages + 1) * sizeof *words);
    int map = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    size_t size = pages * sizeof *words;
    off_t at = (off_t)((uintptr_t)memory->bytes / PAGE * sizeof *words);
    bool told = map >= 0 && pread(map, words, size, at) == (ssize_t)size;
    if (map >= 0)
        (void)close(map);
    if (told)
        return words;
    free(words);
    return NULL;
}

/* False for a page that cannot differ from the file's: the process has not written to it. To look at
 * one is to have it mapped, which would count as memory of each store that looks. */
static bool may_differ(const uint64_t *words, size_t page)
{
    static const uint64_t there = UINT64_C(3) << 62, of_file = UINT64_C(1) << 61;
    return words == NULL || ((words[page] & there) != 0 && (words[page] & of_file) == 0);
}

/* The numbers (owned by the caller) of the pages that are not as the root has them. */
static size_t *differences(const struct memory *memory, size_t *count)
{
    const struct image *root = root_of(memory->image);
    size_t pages = whole_pages(memory->size) / PAGE;
    size_t *numbers = must_alloc((pages + 1) * sizeof *numbers);
    uint64_t *words = page_words(memory, pages);
    *count = 0;
    for (size_t i = 0; i < pages; i++)
        if (i * PAGE + PAGE > root->size ||
            (may_differ(words, i) &&
             memcmp(memory->bytes + i * PAGE, root->bytes + i * PAGE, PAGE) != 0))
            numbers[(*count)++] = i;
    free(words);
    return numbers;
}

/* An image of those pages, whose numbers it then owns. NULL with errno. */
static struct image *image_of_differences(const struct memory *memory, size_t *numbers, size_t count)
{
    unsigned char *pages = malloc(count * PAGE + 1); /* many, perhaps: whoever asks can do without */
    if (pages == NULL) {
        free(numbers);
        return NULL;
    }
    struct image *image = new_image(memory->size);
    image->under = image_share(memory->image->under != NULL ? memory->image->under : memory->image);
    image->count = count;
    image->numbers = must_realloc(numbers, (count + 1) * sizeof *numbers);
    image->pages = pages;
    for (size_t i = 0; i < count; i++)
        memcpy(pages + i * PAGE, memory->bytes + image->numbers[i] * PAGE, PAGE);
    return image;
}

/* Goes on with an image that has all that is there. Returns it, owned by the caller, as it is by the
 * memory; NULL: what was there may be gone. */
static struct image *go_on_with(struct memory *memory, struct image *image)
{
    if (image == NULL)
        return NULL;
    image_free(memory->image);
    memory->image = image_share(image);
    if (mmap(memory->bytes, memory->room, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) != MAP_FAILED &&
        lay(memory->bytes, image))
        return image;
    image_free(image);
    return NULL;
}

/* Where much has been changed there is less to share with what was there before, but all of it with
 * those that begin with this. */
static bool is_much(const struct memory *memory, size_t count)
{
    enum { FEW = 256 };
    return count > FEW && count > memory->size / PAGE / 4;
}

struct image *memory_image(struct memory *memory)
{
    if (memory->image == NULL) {
        if (ftruncate(memory->file, (off_t)memory->size) != 0)
            return NULL;
        int file = memory->file;
        memory->file = -1; /* the image's now, or closed */
        return go_on_with(memory, image_of_file(file));
    }
    size_t count;
    size_t *numbers = differences(memory, &count);
    struct image *root = is_much(memory, count) ? image_of_bytes(memory->bytes, memory->size) : NULL;
    if (root == NULL)
        return image_of_differences(memory, numbers, count);
    free(numbers);
    return go_on_with(memory, root);
}

void memory_rest(const struct memory *memory)
{
    size_t pages = memory->image != NULL ? whole_pages(memory->size) / PAGE : 0;
    uint64_t *words = page_words(memory, pages);
    for (size_t i = 0, end; words != NULL && i < pages; i = end + 1) {
        for (end = i; end < pages && !may_differ(words, end); end++)
            ;
        if (end > i)
            (void)madvise(memory->bytes + i * PAGE, (end - i) * PAGE, MADV_DONTNEED);
    }
    free(words);
}

size_t memory_own_bytes(const struct memory *memory)
{
    size_t count = memory->size / PAGE;
    if (memory->image != NULL)
        free(differences(memory, &count));
    return count * PAGE;
}
