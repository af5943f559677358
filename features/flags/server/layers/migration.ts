import { sql } from "kysely";

/**
 * Layers that are over, and which lines of a ledger still say something of a part. The ledger itself is
 * only added to; what a publication must read of it does not grow with it.
 */
export const LAYER_STANDING_STATEMENTS = [
  sql`alter table flag_layers add column archived_at timestamptz`,
  sql`create table flag_layer_standing (
    layer_id uuid not null references flag_layers (id),
    environment text not null,
    position bigint not null references flag_layer_slots (position),
    primary key (layer_id, environment, position)
  )`,
  // Whatever is hidden by later lines goes with the layer's next publication.
  sql`insert into flag_layer_standing (layer_id, environment, position)
    select layer_id, environment, position from flag_layer_slots`,
];
