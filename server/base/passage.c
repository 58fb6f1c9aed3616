#include "base/passage.h"

#include <stdbool.h>

void passage_init(struct passage *passage)
{
    atomic_init(&passage->phase, 0);
    atomic_init(&passage->inside[0], 0);
    atomic_init(&passage->inside[1], 0);
    atomic_init(&passage->awaited, false);
    (void)pthread_mutex_init(&passage->mutex, NULL);
    (void)pthread_cond_init(&passage->left, NULL);
}

void passage_clear(struct passage *passage)
{
    (void)pthread_cond_destroy(&passage->left);
    (void)pthread_mutex_destroy(&passage->mutex);
}

unsigned passage_enter(struct passage *passage)
{
    for (;;) {
        unsigned phase = atomic_load(&passage->phase), side = phase & 1;
        (void)atomic_fetch_add(&passage->inside[side], 1);
        if (atomic_load(&passage->phase) == phase)
            return side;
        passage_leave(passage,
                      side); /* the phase ended in between: nobody waits for this side's next */
    }
}

void passage_leave(struct passage *passage, unsigned side)
{
    if (atomic_fetch_sub(&passage->inside[side], 1) != 1 || !atomic_load(&passage->awaited))
        return;
    (void)pthread_mutex_lock(&passage->mutex);
    (void)pthread_cond_broadcast(&passage->left);
    (void)pthread_mutex_unlock(&passage->mutex);
}

void passage_wait(struct passage *passage)
{
    (void)pthread_mutex_lock(&passage->mutex);
    atomic_store(&passage->awaited, true);
    unsigned side = atomic_fetch_add(&passage->phase, 1) & 1;
    while (atomic_load(&passage->inside[side]) != 0)
        (void)pthread_cond_wait(&passage->left, &passage->mutex);
    atomic_store(&passage->awaited, false);
    (void)pthread_mutex_unlock(&passage->mutex);
}
