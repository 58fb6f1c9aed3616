#include "store/tree.h"

#include <stdlib.h>
#include <string.h>

/* A page begins with its kind, and where its cells stand. */
enum { INNER_OF_INDEX = 2, INNER = 5, LEAF_OF_INDEX = 10, LEAF = 13 };
enum { COUNT_AT = 3, LAST_CHILD_AT = 8, CELLS_OF_LEAF_AT = 8, CELLS_OF_INNER_AT = 12 };
enum { DEPTH_MAX = 20 };

void id_list_add(struct id_list *list, int64_t id)
{
    if (list->count == list->room) {
        list->room = list->room * 2 + 64;
        list->ids = must_realloc(list->ids, list->room * sizeof *list->ids);
    }
    list->ids[list->count++] = id;
}

static unsigned number_of_2(const unsigned char *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

static uint32_t number_of_4(const unsigned char *bytes)
{
    return (uint32_t)number_of_2(bytes) << 16 | number_of_2(bytes + 2);
}

/* SQLite counts pages from 1. */
static const unsigned char *page_of(const struct image *image, uint32_t page)
{
    return page > 0 ? image_page(image, page - 1) : NULL;
}

/* The pages of a tree that rows stand in: in the order in which they are met, and by number. */
struct row_pages {
    const struct image *image;
    uint32_t *list;
    size_t count, room;
    bool *has; /* by number */
    size_t has_room;
};

static void row_pages_clear(struct row_pages *pages)
{
    free(pages->list);
    free(pages->has);
}

static void note(struct row_pages *pages, uint32_t page)
{
    if (pages->count == pages->room) {
        pages->room = pages->room * 2 + 64;
        pages->list = must_realloc(pages->list, pages->room * sizeof *pages->list);
    }
    pages->list[pages->count++] = page;
    if (page >= pages->has_room) {
        size_t room = (size_t)page * 2 + 64;
        pages->has = must_realloc(pages->has, room);
        memset(pages->has + pages->has_room, 0, room - pages->has_room);
        pages->has_room = room;
    }
    pages->has[page] = true;
}

static bool has(const struct row_pages *pages, uint32_t page)
{
    return page < pages->has_room && pages->has[page];
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tree, which is some pages */
static bool walk(struct row_pages *pages, uint32_t page, unsigned depth)
{
    const unsigned char *bytes = page_of(pages->image, page);
    if (bytes == NULL || depth > DEPTH_MAX)
        return false;
    unsigned kind = bytes[0], count = number_of_2(bytes + COUNT_AT);
    if (kind != INNER)
        note(pages, page);
    if (kind == LEAF || kind == LEAF_OF_INDEX)
        return CELLS_OF_LEAF_AT + 2 * count <= IMAGE_PAGE;
    if ((kind != INNER && kind != INNER_OF_INDEX) || CELLS_OF_INNER_AT + 2 * count > IMAGE_PAGE)
        return false;
    for (unsigned i = 0; i < count; i++) {
        unsigned at = number_of_2(bytes + CELLS_OF_INNER_AT + (size_t)2 * i);
        if (at > IMAGE_PAGE - 4 || !walk(pages, number_of_4(bytes + at), depth + 1))
            return false;
    }
    return walk(pages, number_of_4(bytes + LAST_CHILD_AT), depth + 1);
}

static bool is_same_page(const struct image *one, const struct image *other, uint32_t page)
{
    const unsigned char *a = page_of(one, page), *b = page_of(other, page);
    return a == b || (a != NULL && b != NULL && memcmp(a, b, IMAGE_PAGE) == 0);
}

/* 7 bits a byte, those before the last marked; the ninth has 8. */
static bool read_varint(const unsigned char *page, size_t *at, uint64_t *value)
{
    enum { LENGTH_MAX = 9 };
    *value = 0;
    for (unsigned i = 1; *at < IMAGE_PAGE; i++) {
        unsigned char byte = page[(*at)++];
        if (i == LENGTH_MAX) {
            *value = *value << 8 | byte;
            return true;
        }
        *value = *value << 7 | (byte & 0x7f);
        if ((byte & 0x80) == 0)
            return true;
    }
    return false;
}

struct row {
    int64_t id;
    uint32_t rest; /* the page in which it goes on; 0: none */
};

/* How many bytes of a row stand in its leaf. */
static uint64_t bytes_in_leaf(uint64_t size)
{
    enum { MOST = IMAGE_PAGE - 35, LEAST = (IMAGE_PAGE - 12) * 32 / 255 - 23 };
    if (size <= MOST)
        return size;
    uint64_t fit = LEAST + (size - LEAST) % (IMAGE_PAGE - 4);
    return fit <= MOST ? fit : LEAST;
}

static bool read_row(const unsigned char *leaf, unsigned index, struct row *row)
{
    size_t at = number_of_2(leaf + CELLS_OF_LEAF_AT + (size_t)2 * index);
    uint64_t size, id;
    if (!read_varint(leaf, &at, &size) || !read_varint(leaf, &at, &id))
        return false;
    uint64_t here = bytes_in_leaf(size);
    *row = (struct row){.id = (int64_t)id};
    if (here == size)
        return true;
    if (at + here > IMAGE_PAGE - 4)
        return false;
    row->rest = number_of_4(leaf + at + here);
    return true;
}

/* Each page of the rest of a row begins with the number of the next. */
static bool is_same_rest(const struct image *one, const struct image *other, uint32_t page)
{
    while (page != 0 && page_of(one, page) != NULL && is_same_page(one, other, page))
        page = number_of_4(page_of(one, page));
    return page == 0;
}

/* False when no row that stands in the same leaf on both sides can have another rest: then no leaf that
 * is the same need be read. A page of a rest begins, on both sides, with a number below 2^24. */
static bool rests_may_differ(const struct image *one, const struct image *other)
{
    const unsigned char *a = page_of(one, 1), *b = page_of(other, 1);
    for (uint32_t page = 1; a != NULL && b != NULL; page++) {
        if (a != b && a[0] == 0 && b[0] == 0 && memcmp(a, b, IMAGE_PAGE) != 0)
            return true;
        a = page_of(one, page + 1);
        b = page_of(other, page + 1);
    }
    return false;
}

/* Adds the rows of a leaf: all of them, or those whose rests differ. */
static bool add_rows(const struct image *one, const struct image *other, uint32_t page, bool all,
                     struct id_list *ids)
{
    const unsigned char *leaf = page_of(one, page);
    unsigned count = number_of_2(leaf + COUNT_AT);
    struct row row;
    for (unsigned i = 0; i < count; i++) {
        if (!read_row(leaf, i, &row))
            return false;
        if (all || (row.rest != 0 && !is_same_rest(one, other, row.rest)))
            id_list_add(ids, row.id);
    }
    return true;
}

static bool add_differing(const struct row_pages *one, const struct row_pages *other,
                          bool look_at_rests, struct id_list *ids)
{
    for (size_t i = 0; i < one->count; i++) {
        uint32_t page = one->list[i];
        bool same = has(other, page) && is_same_page(one->image, other->image, page);
        if (same && !look_at_rests)
            continue;
        if (page_of(one->image, page)[0] != LEAF ||
            !add_rows(one->image, other->image, page, !same, ids))
            return false;
    }
    return true;
}

bool trees_differing_ids(const struct tree *one, const struct tree *other, struct id_list *ids)
{
    struct row_pages ours = {.image = one->image}, theirs = {.image = other->image};
    bool rests = rests_may_differ(one->image, other->image);
    bool read = walk(&ours, one->root, 0) && walk(&theirs, other->root, 0) &&
                add_differing(&ours, &theirs, rests, ids) && add_differing(&theirs, &ours, rests, ids);
    row_pages_clear(&ours);
    row_pages_clear(&theirs);
    return read;
}

bool trees_are_same(const struct tree *one, const struct tree *other, bool *same)
{
    struct row_pages ours = {.image = one->image}, theirs = {.image = other->image};
    bool read = walk(&ours, one->root, 0) && walk(&theirs, other->root, 0);
    *same = read && ours.count == theirs.count;
    for (size_t i = 0; i < ours.count && *same; i++)
        *same = has(&theirs, ours.list[i]) && is_same_page(one->image, other->image, ours.list[i]);
    row_pages_clear(&ours);
    row_pages_clear(&theirs);
    return read;
}
