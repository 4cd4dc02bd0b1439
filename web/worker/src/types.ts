import type { CaseEventsSubscription, CollectionFormQuery, PlaceFragment, RowFragment, TodayListQuery, ViewerQuery, MattersQuery, GridFiguresQuery } from './generated/graphql';

export type Row = RowFragment;
export type Item = TodayListQuery['todayList'][number];
export type Viewer = ViewerQuery['viewer'];
export type Place = PlaceFragment;
export type Matter = MattersQuery['matters']['edges'][number]['node'];
export type Asked = CollectionFormQuery['collectionForm']['fields'][number];
export type Event = CaseEventsSubscription['caseEvents'];
export type Figures = NonNullable<GridFiguresQuery['metrics']>;
