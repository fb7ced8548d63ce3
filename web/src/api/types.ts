/** The shapes of the API, by the names they have on the server. */

import type { components } from "./schema";

type Schemas = components["schemas"];
export type Activity = Schemas["Activity"];
export type AlbumCard = Schemas["AlbumCard"];
export type BankLandmark = Schemas["BankLandmark"];
export type BankLandmarkDetail = Schemas["BankLandmarkDetail"];
export type BankOut = Schemas["BankOut"];
export type BankPhotoOut = Schemas["BankPhotoOut"];
export type CleaningOut = Schemas["CleaningOut"];
export type DuplicateGroup = Schemas["DuplicateGroup"];
export type FaceOut = Schemas["FaceOut"];
export type FindingOut = Schemas["FindingOut"];
export type FolderOut = Schemas["FolderOut"];
export type Hit = Schemas["Hit"];
export type Memory = Schemas["Memory"];
export type ModelOut = Schemas["ModelOut"];
export type PersonCard = Schemas["PersonCard"];
export type PersonTag = Schemas["PersonTag"];
export type PhotoCard = Schemas["PhotoCard"];
export type PhotoDetail = Schemas["PhotoDetail"];
export type PhotoFindings = Schemas["PhotoFindings"];
export type ProblemFile = Schemas["ProblemFile"];
export type QueryFilter = Schemas["QueryFilter"];
export type RecognizerOut = Schemas["RecognizerOut"];
export type SearchPage = Schemas["SearchPage"];
export type Session = Schemas["Session"];
export type SettingsOut = Schemas["SettingsOut"];
export type StatusOut = Schemas["StatusOut"];
export type Suggestion = Schemas["Suggestion"];
