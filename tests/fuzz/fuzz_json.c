#include "fuzz_json.h"

#include <string.h>

#include "base/json.h"

enum { NODES_MAX = 4096, TEXT_ROOM = 200, EDITS_MAX = 3 };

/* A tree under mutation; the root, which has nothing above it, is not among the nodes. */
struct tree {
    unsigned random;
    cJSON *root;
    size_t count;
    struct node {
        cJSON *item, *above;
    } nodes[NODES_MAX];
};

static size_t below(struct tree *tree, size_t end)
{
    tree->random = tree->random * 1664525U + 1013904223U;
    return end > 0 ? (tree->random >> 8U) % end : 0;
}

static void collect(struct tree *tree, cJSON *above)
{
    cJSON *item;
    cJSON_ArrayForEach (item, above) {
        if (tree->count == NODES_MAX)
            return;
        tree->nodes[tree->count++] = (struct node){.item = item, .above = above};
        collect(tree, item);
    }
}

static struct node *any(struct tree *tree)
{
    return &tree->nodes[below(tree, tree->count)];
}

/* Takes the item's place and name. */
static void replace(const struct node *node, cJSON *by)
{
    cJSON_free(by->string);
    by->string = node->item->string;
    node->item->string = NULL;
    (void)cJSON_ReplaceItemViaPointer(node->above, node->item, by);
}

static cJSON *any_value(struct tree *tree)
{
    static const char *const values[] = {"null",
                                         "true",
                                         "false",
                                         "0",
                                         "1",
                                         "-1",
                                         "\"\"",
                                         "[]",
                                         "{}",
                                         "1.5",
                                         "1000000",
                                         "\"1\"",
                                         "\"x\"",
                                         "[\"\"]",
                                         "9223372036854775807",
                                         "1e300",
                                         "\"9223372036854775807\"",
                                         "\"554023000000600001\"",
                                         "\"{n}\"",
                                         "\"2021-02-26T19:13:56+05:30\"",
                                         "{\"id\":\"1\"}",
                                         "\"*\"",
                                         "\"/etc/passwd\"",
                                         "\"\\u0001\""};
    const char *text = values[below(tree, COUNT(values))];
    return json_parse(text, strlen(text), NULL);
}

static void mutate_text(cJSON *item)
{
    unsigned char text[TEXT_ROOM] = {0};
    if (!cJSON_IsString(item))
        return;
    size_t length = strnlen(item->valuestring, sizeof text / 2);
    memcpy(text, item->valuestring, length);
    length = LLVMFuzzerMutate(text, length, sizeof text - 1);
    text[length] = '\0';
    (void)cJSON_SetValuestring(item, (const char *)text);
}

/* Gives a member the name of another. */
static void rename_member(const struct node *node, const cJSON *like)
{
    if (node->item == like || node->item->string == NULL || like->string == NULL)
        return;
    cJSON_AddItemToObject(node->above, like->string, cJSON_Duplicate(node->item, true));
    cJSON_Delete(cJSON_DetachItemViaPointer(node->above, node->item)); /* the other may be in it */
}

static void add(cJSON *above, const char *name, const cJSON *item)
{
    cJSON *copy = cJSON_Duplicate(item, true);
    if (cJSON_IsObject(above))
        cJSON_AddItemToObject(above, name != NULL ? name : "x", copy);
    else if (cJSON_IsArray(above))
        cJSON_AddItemToArray(above, copy);
    else
        cJSON_Delete(copy);
}

static void wrap(const struct node *node)
{
    cJSON *list = cJSON_CreateArray();
    cJSON_AddItemToArray(list, cJSON_Duplicate(node->item, true));
    replace(node, list);
}

static void edit(struct tree *tree)
{
    tree->count = 0;
    collect(tree, tree->root);
    if (tree->count == 0) {
        cJSON *value = any_value(tree);
        add(tree->root, "x", value);
        cJSON_Delete(value);
        return;
    }
    struct node *node = any(tree);
    const struct node *like = any(tree);
    switch (below(tree, 8)) {
    case 0:
        replace(node, any_value(tree));
        return;
    case 1:
        cJSON_Delete(cJSON_DetachItemViaPointer(node->above, node->item));
        return;
    case 2:
        add(node->above, node->item->string, node->item);
        return;
    case 3:
        replace(node, cJSON_Duplicate(like->item, true));
        return;
    case 4:
        rename_member(node, like->item);
        return;
    case 5:
        add(node->item, like->item->string, like->item);
        return;
    case 6:
        wrap(node);
        return;
    default:
        mutate_text(node->item);
    }
}

/* The tree's text, unless it is too long; ends the tree. */
static size_t print(cJSON *root, unsigned char *out, size_t most)
{
    struct arena arena = {.blocks = NULL};
    const char *printed = json_print(&arena, root);
    size_t length = strnlen(printed, most + 1);
    if (length <= most)
        memcpy(out, printed, length);
    cJSON_Delete(root);
    arena_clear(&arena);
    return length <= most ? length : 0;
}

size_t fuzz_json_mutate(unsigned char *text, size_t size, size_t most, unsigned seed)
{
    static struct tree tree; /* of the target's one thread */
    tree.random = seed;
    tree.root = below(&tree, 8) > 0 ? json_parse((const char *)text, size, NULL) : NULL;
    if (tree.root == NULL)
        return LLVMFuzzerMutate(text, size, most);
    for (size_t i = below(&tree, EDITS_MAX); i < EDITS_MAX; i++)
        edit(&tree);
    size_t length = print(tree.root, text, most);
    return length > 0 ? length : size;
}

size_t fuzz_json_cross(const unsigned char *one, size_t one_size, const unsigned char *other,
                       size_t other_size, unsigned char *out, size_t most, unsigned seed)
{
    static struct tree to, from;
    to = (struct tree){.random = seed, .root = json_parse((const char *)one, one_size, NULL)};
    from = (struct tree){.random = seed, .root = json_parse((const char *)other, other_size, NULL)};
    collect(&to, to.root);
    collect(&from, from.root);
    if (to.count == 0 || from.count == 0) {
        cJSON_Delete(to.root);
        cJSON_Delete(from.root);
        return 0;
    }
    /* What has the same name in both is likely to belong there; a list's entries are added. */
    const cJSON *brought = any(&from)->item;
    const struct node *place = NULL;
    for (size_t i = 0; i < to.count && brought->string != NULL && place == NULL; i++)
        if (to.nodes[i].item->string != NULL && strcmp(to.nodes[i].item->string, brought->string) == 0)
            place = &to.nodes[i];
    if (place != NULL && cJSON_IsArray(place->item) && cJSON_IsArray(brought) && brought->child != NULL)
        add(place->item, NULL, brought->child);
    else if (place != NULL)
        replace(place, cJSON_Duplicate(brought, true));
    else
        add(brought->string != NULL ? to.root : any(&to)->item, brought->string, brought);
    cJSON_Delete(from.root);
    return print(to.root, out, most);
}
