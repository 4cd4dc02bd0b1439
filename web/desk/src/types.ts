// Short names for the generated types the panels speak.
import type * as gql from './generated/graphql';

export type Row = gql.RowFragment;
export type Detail = gql.DetailFragment;
export type Event = gql.CaseEventsSubscription['caseEvents'];
export type Viewer = gql.ViewerQuery['viewer'];
export type Place = gql.PlaceFragment;
export type Role = gql.Role;
export type State = gql.CaseState;
export type Action = gql.CaseAction;
export type CaseFilter = gql.CaseFilter;
export type WorkOrder = Detail['workOrders'][number];
export type Step = Detail['timeline'][number];
export type Clock = Detail['clocks'][number];
