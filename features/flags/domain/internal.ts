/** The flag on which the way back of `checkout` is rehearsed has the key `rehearsal.checkout`, and this tag. */
export const SHADOW_PREFIX = "rehearsal.";
/** Marks flags that a rehearsal of a rollback makes and takes away again. */
export const SHADOW_TAG = "rehearsal";
