// Short names for the generated types the panels speak.
import type * as gql from './generated/graphql';

export type Case = gql.CaseRowFragment;
export type Event = gql.CaseEventsSubscription['caseEvents'];
export type Figures = gql.FiguresFragment;
export type TileFigures = gql.TileFiguresFragment;
export type Place = gql.PlaceFragment;
export type Viewer = gql.ViewerQuery['viewer'];
export type Stage = gql.CaseStage;
export type WorkOrderState = gql.WorkOrderState;
export type CaseAction = gql.CaseAction;
