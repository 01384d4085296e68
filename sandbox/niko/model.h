/* model: the shapes of NikoHealth's records (API notes 5.1, 6, 7, 8). To add a member: a row in model.c. */
#ifndef SANDBOX_NIKO_MODEL_H
#define SANDBOX_NIKO_MODEL_H

#include "sandbox/niko/shape.h"

/* The full model as it is written: without Id and DisplayId, LocationId in the place of Location. */
extern const struct shape patient_shape;
extern const struct shape insurance_shape, order_shape, task_shape;

#endif
