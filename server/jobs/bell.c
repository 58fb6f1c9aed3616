#include "jobs/bell.h"

#include <stdlib.h>

#include "base/arena.h"

void bell_init(struct bell *bell)
{
    *bell = (struct bell){.room = 0};
    atomic_init(&bell->count, 0);
    (void)pthread_mutex_init(&bell->mutex, NULL);
}

void bell_clear(struct bell *bell)
{
    (void)pthread_mutex_destroy(&bell->mutex);
    free(bell->waiting);
}

void bell_add(struct bell *bell, struct worker *worker)
{
    (void)pthread_mutex_lock(&bell->mutex);
    size_t count = atomic_load(&bell->count);
    if (count == bell->room) {
        bell->room = bell->room > 0 ? 2 * bell->room : 8;
        bell->waiting = must_realloc(bell->waiting, bell->room * sizeof(struct worker *));
    }
    bell->waiting[count] = worker;
    atomic_store(&bell->count, count + 1);
    (void)pthread_mutex_unlock(&bell->mutex);
}

void bell_remove(struct bell *bell, struct worker *worker)
{
    (void)pthread_mutex_lock(&bell->mutex);
    size_t place = 0, count = atomic_load(&bell->count);
    while (place < count && bell->waiting[place] != worker)
        place++;
    if (place < count) {
        bell->waiting[place] = bell->waiting[count - 1];
        atomic_store(&bell->count, count - 1);
    }
    (void)pthread_mutex_unlock(&bell->mutex);
}

void bell_ring(struct bell *bell)
{
    if (bell == NULL || atomic_load(&bell->count) == 0)
        return;
    (void)pthread_mutex_lock(&bell->mutex);
    for (size_t i = 0; i < atomic_load(&bell->count); i++)
        worker_wake(bell->waiting[i]);
    (void)pthread_mutex_unlock(&bell->mutex);
}
