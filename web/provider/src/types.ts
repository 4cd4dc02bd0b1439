// Short names for the generated types the panels speak.
import type * as gql from './generated/graphql';

export type Order = gql.OrderFragment;
export type OrderEvent = gql.OrderEventsSubscription['workOrderEvents'];
export type Viewer = gql.ViewerQuery['viewer'];
export type Delivery = gql.DeliveryFragment;
export type Webhook = gql.WebhooksQuery['webhooks'][number];
export type Firm = gql.FirmsQuery['myServiceProviders'][number];
export type Crew = gql.CrewFragment;
export type Technician = gql.TechnicianFragment;
