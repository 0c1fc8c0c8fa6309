// Generated from the server's types by `make types`. Do not edit.

export type components = {
  schemas: {
    /** @description `POST /api/images/<id>/suggestions/accept`: these ones, or all that fit a choice. */
    readonly AcceptSpec: {
      readonly version: number;
      readonly suggestions?: readonly components["schemas"]["WantedSpec"][] | null;
      readonly all?: components["schemas"]["ChoiceSpec"] | null;
    };
    /** @description What was kept of an image's suggestions, and the version that this made. */
    readonly AcceptedData: {
      readonly version: number;
      readonly annotations: readonly components["schemas"]["AnnotationData"][];
      readonly skipped: readonly components["schemas"]["Skipped"][];
    };
    /** @description What became of some images; `next` is the `after` of the next request, null at the end. */
    readonly AcceptedInProject: {
      readonly images: readonly components["schemas"]["AcceptedOn"][];
      readonly next: number | null;
    };
    /** @description How many suggestions of an image were accepted; `reason` says why the image was left alone. */
    readonly AcceptedOn: {
      readonly image: number;
      readonly name: string;
      readonly accepted: number;
      readonly skipped: number;
      readonly reason?: string;
    };
    /**
     * @description Something that somebody did: versions `first` to `last` of an image's labels, or a comment (both 0).
     *
     *     `status` is the state that was set, or the verdict; `picture` shows what changed of objects.
     */
    readonly ActivityData: {
      readonly id: number;
      /** @enum {string} */
      readonly kind: "objects" | "status" | "verdict" | "note" | "comment";
      readonly image: number;
      readonly by: string;
      /** Format: date-time */
      readonly at: string;
      readonly first: number;
      readonly last: number;
      readonly created: number;
      readonly changed: number;
      readonly deleted: number;
      readonly status: string;
      readonly text: string;
      readonly picture?: string;
    };
    /** @description Activities, the newest first. `before` is what the next page is asked for with; null: this is the last one. */
    readonly ActivityList: {
      readonly results: readonly components["schemas"]["ActivityData"][];
      readonly before: number | null;
    };
    /** @description Which activities of a project, and which page of them. */
    readonly ActivityPage: {
      readonly before?: number | null;
      readonly person?: number | null;
      /**
       * @default
       * @enum {string}
       */
      readonly kind?: "" | "objects" | "status" | "verdict" | "note" | "comment";
    };
    /**
     * @description A kept object. `counts` is its mask as compressed COCO RLE of the whole view; `clicks` made it.
     *     `crowd`: it is a region of several objects that were not told apart.
     */
    readonly AnnotationData: {
      readonly id: number;
      /** Format: uuid */
      readonly uid: string;
      readonly category: number;
      readonly counts: string;
      readonly bbox: readonly [number, number, number, number];
      readonly area: number;
      readonly clicks: readonly (readonly [number, number, boolean])[];
      readonly z: number;
      readonly attributes: {
        readonly [key: string]: boolean | number | string;
      };
      readonly crowd: boolean;
      readonly created_by: string | null;
      /** Format: date-time */
      readonly changed_at: string;
    };
    readonly AnnotationsChanged: {
      /** @constant */
      readonly v: 1;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "annotations";
      readonly image: number;
      readonly version: number;
      /** @enum {string} */
      readonly status: "new" | "in_progress" | "done" | "accepted" | "sent_back" | "skipped";
      readonly objects: number;
      readonly by: string;
    };
    /** @description Somebody changed the annotations of an image: load them again unless `version` is known. */
    readonly AnnotationsNews: {
      /** @constant */
      readonly v: 1;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "annotations";
      readonly image: number;
      readonly version: number;
      /** @enum {string} */
      readonly status: "new" | "in_progress" | "done" | "accepted" | "sent_back" | "skipped";
      readonly objects: number;
      readonly by: string;
    };
    /** @description `POST /api/imports/<id>/apply`. `skip_defects`: leave out what is wrong, whatever the check was told. */
    readonly Applied: {
      /** @default false */
      readonly skip_defects?: boolean;
    };
    /** @description Reserve images for people, in equal shares; nobody takes it back. */
    readonly Assign: {
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly kind: "assign";
      readonly members: readonly number[];
    };
    /** @description An attribute that objects can have. `choices` are for the kind *choice*. */
    readonly AttributeData: {
      readonly number: number;
      readonly name: string;
      /** @enum {string} */
      readonly kind: "text" | "number" | "choice" | "flag";
      readonly choices: readonly string[];
    };
    /** @description One attribute. `number` names one that exists; its kind stays. `choices` are for a choice, in their order. */
    readonly AttributeSpec: {
      readonly number?: number | null;
      readonly name: string;
      /** @enum {string} */
      readonly kind: "text" | "number" | "choice" | "flag";
      /** @default [] */
      readonly choices?: readonly string[];
    };
    /**
     * @description Where the blocks of a large image are. `levels`: the finest first; none while the blocks are being made, and then
     *     `done` says how far that is, and `failed` whether it was given up.
     *
     *     `url` has `{level}`, `{row}` and `{column}` in it; `status` is where to ask for this again.
     */
    readonly BlocksData: {
      readonly status: string;
      readonly url: string;
      readonly side: number;
      readonly levels: readonly components["schemas"]["LevelData"][];
      readonly done?: number;
      readonly failed?: boolean;
    };
    /** @description What an editor starts with on an image. */
    readonly Boot: {
      readonly image: components["schemas"]["BootImage"];
      readonly project: components["schemas"]["BootProject"];
      readonly user: components["schemas"]["BootUser"];
      readonly socket: string;
      readonly api: components["schemas"]["BootAddresses"];
      readonly methods: readonly components["schemas"]["MethodData"][];
      readonly position: components["schemas"]["Position"];
      readonly previous: string | null;
      readonly following: string | null;
      readonly upcoming: readonly components["schemas"]["Neighbour"][];
    };
    /** @description Where an editor asks for what. */
    readonly BootAddresses: {
      readonly annotations: string;
      readonly annotation: string;
      readonly changes: string;
      readonly status: string;
      readonly next: string;
      readonly retry: string;
      readonly note: string;
      readonly time: string;
      readonly images: string;
      readonly keys: string;
      readonly suggestions: string;
      readonly text: string;
      readonly history: string;
    };
    /**
     * @description The image of an editor. `about` says in sentences what its view does not show of the original. `blocks` of a
     *     large one, null for one that is shown whole.
     */
    readonly BootImage: {
      readonly id: number;
      readonly name: string;
      readonly about: readonly string[];
      readonly width: number;
      readonly height: number;
      readonly view: string;
      readonly blocks: components["schemas"]["BlocksData"] | null;
      readonly deep: components["schemas"]["DeepData"] | null;
      /** @enum {string} */
      readonly state: "queued" | "encoding" | "ready" | "failed";
    };
    /** @description The project of an editor's image. */
    readonly BootProject: {
      readonly id: number;
      readonly name: string;
      readonly instructions: string;
      readonly url: string;
      readonly next: string;
      readonly categories: readonly components["schemas"]["CategoryData"][];
      readonly attributes: readonly components["schemas"]["AttributeData"][];
      readonly panoptic: boolean;
    };
    /** @description The person at an editor; `keys` as in `KeysData`. */
    readonly BootUser: {
      readonly can_label: boolean;
      readonly can_review: boolean;
      readonly can_assign: boolean;
      readonly can_export: boolean;
      readonly can_manage: boolean;
      readonly can_archive: boolean;
      readonly id: number;
      readonly name: string;
      /** @enum {string} */
      readonly role: "owner" | "manager" | "reviewer" | "annotator" | "viewer";
      readonly keys: {
        readonly [key: string]: readonly string[];
      };
    };
    /**
     * @description One action on many images: on `images`, or on all that `filter` chooses, from `after` on.
     *
     *     One request deals with at most 200 images of a filter; its answer says where the next one goes on.
     */
    readonly Bulk: {
      readonly action:
        | components["schemas"]["Assign"]
        | components["schemas"]["IntoLot"]
        | components["schemas"]["PutTag"]
        | components["schemas"]["SetState"]
        | components["schemas"]["MarkGolden"]
        | components["schemas"]["DeleteImages"];
      readonly images?: readonly components["schemas"]["SeenImage"][] | null;
      readonly filter?: components["schemas"]["ImageFilter"] | null;
      /** @default 0 */
      readonly after?: number;
    };
    /**
     * @description What became of the images. `refused` says how many were not changed and `why` names the first of them; `next`
     *     is the `after` of the request that goes on, null at the end; `undo`: what takes it back.
     */
    readonly BulkDone: {
      readonly done: number;
      readonly refused: number;
      readonly why: readonly components["schemas"]["RefusedImage"][];
      readonly next: number | null;
      readonly undo: readonly components["schemas"]["UndoStep"][];
    };
    /**
     * @description A class. `number` names it in every other answer and request; classes come in the order of the project's list.
     *
     *     `hotkey` is one key (`5`) or several that are pressed one after the other (`07`, `0ca`).
     */
    readonly CategoryData: {
      readonly number: number;
      readonly name: string;
      readonly color: string;
      readonly hotkey: string | null;
      /** @enum {string} */
      readonly kind: "thing" | "stuff";
    };
    /** @description The classes of a project in their order. `seen` is to be sent back with a change of the list. */
    readonly CategoryList: {
      readonly seen: string;
      readonly results: readonly components["schemas"]["CategoryData"][];
      readonly merged: readonly components["schemas"]["MergedCategoryData"][];
    };
    /** @description Which class the objects become, by its number; `seen` as for `CategoryOrder`. */
    readonly CategoryMerge: {
      readonly into: number;
      /** @default  */
      readonly seen?: string;
    };
    /**
     * @description The numbers of all classes of a project in their new order. `seen` is what `GET …/categories` gave: an order that
     *     somebody changed since is not overwritten.
     */
    readonly CategoryOrder: {
      readonly numbers: readonly number[];
      /** @default  */
      readonly seen?: string;
    };
    /**
     * @description One class. `number` names one that exists; without it a new one is meant.
     *
     *     A colour or hotkey that is left out is chosen; `"hotkey": null` means none. A hotkey is `1` – `9`, `01` – `09`, or
     *     `0` and two letters; the keys are pressed one after the other.
     */
    readonly CategorySpec: {
      readonly number?: number | null;
      readonly name: string;
      readonly color?: string | null;
      readonly hotkey?: string | null;
      /**
       * @default thing
       * @enum {string}
       */
      readonly kind?: "thing" | "stuff";
    };
    /** @description One of several changes: change an object. */
    readonly ChangeOne: {
      readonly category?: number | null;
      readonly counts?: string | null;
      readonly clicks?: readonly (readonly [number, number, boolean])[] | null;
      readonly z?: number | null;
      readonly attributes?: {
        readonly [key: string]: boolean | number | string | null;
      } | null;
      readonly crowd?: boolean | null;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly kind: "change";
      /** Format: uuid */
      readonly uid: string;
    };
    /** @description Change a kept object. */
    readonly ChangedAnnotation: {
      readonly category?: number | null;
      readonly counts?: string | null;
      readonly clicks?: readonly (readonly [number, number, boolean])[] | null;
      readonly z?: number | null;
      readonly attributes?: {
        readonly [key: string]: boolean | number | string | null;
      } | null;
      readonly crowd?: boolean | null;
      readonly version: number;
    };
    /** @description Several changes of one image that belong together: all are carried out, or none. */
    readonly Changes: {
      readonly version: number;
      readonly changes: readonly (
        components["schemas"]["CreateOne"] | components["schemas"]["ChangeOne"] | components["schemas"]["DeleteOne"]
      )[];
    };
    /** @description Which of the offered suggestions; `give` is the class for those that have none. */
    readonly ChoiceSpec: {
      /** @default 0 */
      readonly above?: number;
      readonly category?: number | null;
      /** @default [] */
      readonly methods?: readonly string[];
      readonly give?: number | null;
    };
    /** @description Objects of a class. */
    readonly ClassCounts: {
      readonly added: number;
      readonly removed: number;
      readonly changed: number;
      readonly number: number;
      readonly name: string;
    };
    /** @description A class of a list that is no project's. */
    readonly ClassData: {
      readonly name: string;
      readonly color: string | null;
      readonly hotkey: string | null;
      /** @enum {string} */
      readonly kind: "thing" | "stuff";
    };
    /** @description Classes to add to a project: those whose names it does not have. `seen` as for `CategoryOrder`. */
    readonly ClassImport: {
      readonly text: string;
      /** @default  */
      readonly seen?: string;
    };
    /** @description Classes that were read from a text. */
    readonly ClassList: {
      readonly results: readonly components["schemas"]["ClassData"][];
    };
    /**
     * @description What becomes of a class of the dataset. `into`: a class of the project, which is `new` or there already; empty:
     *     its objects are left out.
     */
    readonly ClassPlanData: {
      readonly name: string;
      readonly into: string;
      readonly new: boolean;
      readonly objects: number;
      readonly color: string;
      readonly kind: string;
    };
    /** @description A list of classes that a project can begin with. */
    readonly ClassTemplateData: {
      readonly name: string;
      readonly title: string;
      readonly about: string;
      readonly classes: number;
    };
    /** @description The templates that ship with the product. */
    readonly ClassTemplates: {
      readonly results: readonly components["schemas"]["ClassTemplateData"][];
    };
    /** @description Classes as text: one name a line, or JSON. */
    readonly ClassText: {
      readonly text: string;
    };
    readonly Click: {
      /** @constant */
      readonly v: 1;
      /** Format: uuid */
      readonly object: string;
      readonly seq: number;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "click";
      readonly x: number;
      readonly y: number;
      readonly positive: boolean;
    };
    /** @description What a client says on `/ws/images/{image_id}/`. */
    readonly ClickClientMessage:
      | components["schemas"]["Start"]
      | components["schemas"]["Click"]
      | components["schemas"]["Undo"]
      | components["schemas"]["Redo"]
      | components["schemas"]["Close"]
      | components["schemas"]["Prefetch"]
      | components["schemas"]["Ping"]
      | components["schemas"]["Here"];
    /** @description What it is told there. */
    readonly ClickServerMessage:
      | components["schemas"]["Hello"]
      | components["schemas"]["ImageState"]
      | components["schemas"]["Mask"]
      | components["schemas"]["Pong"]
      | components["schemas"]["Error"]
      | components["schemas"]["AnnotationsChanged"]
      | components["schemas"]["People"]
      | components["schemas"]["ProjectChanged"]
      | components["schemas"]["Gone"]
      | components["schemas"]["SuggestionsChanged"]
      | components["schemas"]["ReviewChanged"]
      | components["schemas"]["InboxChanged"];
    readonly Close: {
      /** @constant */
      readonly v: 1;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "close";
      /** Format: uuid */
      readonly object: string;
    };
    /** @description Something that somebody said; a draft is seen by its author alone. */
    readonly CommentData: {
      readonly id: number;
      readonly author: components["schemas"]["PersonData"] | null;
      readonly text: string;
      readonly draft: boolean;
      /** Format: date-time */
      readonly at: string;
      readonly changed: boolean;
    };
    /** @description The image was changed since the client loaded it. */
    readonly Conflict: {
      readonly error: components["schemas"]["ConflictBody"];
    };
    /** @description `conflict` or `exists`: what is there now is in `current`. Nothing was overwritten. */
    readonly ConflictBody: {
      readonly code: string;
      readonly message: string;
      readonly field?: string;
      readonly limit?: number;
      readonly current?: components["schemas"]["Overview"];
    } & {
      readonly [key: string]: unknown;
    };
    /** @description When opinions become an image's labels by themselves. */
    readonly ConsensusAnswer: {
      readonly automatic: boolean;
      readonly least: number;
      readonly by_class: {
        readonly [key: string]: number;
      };
    };
    /**
     * @description When opinions become an image's labels by themselves; `by_class` has another threshold for a class, by its
     *     number.
     */
    readonly ConsensusRules: {
      readonly automatic: boolean;
      readonly least: number;
      /** @default {} */
      readonly by_class?: {
        readonly [key: string]: number;
      };
    };
    /** @description How far a project is: the uploads that are not finished, and the newest exports for those who may export. */
    readonly Counts: {
      /** @constant */
      readonly v: 1;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "progress" | "snapshot";
      readonly images: components["schemas"]["ImageCounts"];
      readonly uploads: readonly components["schemas"]["UploadNews"][];
      readonly exports: readonly components["schemas"]["ExportNews"][];
    };
    /** @description Of how many. */
    readonly CountsData: {
      readonly added: number;
      readonly removed: number;
      readonly changed: number;
    };
    /** @description One of several changes: keep an object. */
    readonly CreateOne: {
      /** Format: uuid */
      readonly uid: string;
      readonly category: number;
      readonly counts: string;
      readonly clicks: readonly (readonly [number, number, boolean])[];
      readonly z?: number | null;
      readonly attributes?: {
        readonly [key: string]: boolean | number | string | null;
      } | null;
      /** @default false */
      readonly crowd?: boolean;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly kind: "create";
    };
    /** @description An original with more than 8 bits: where to get other windows of it, and which one the view has. */
    readonly DeepData: {
      readonly url: string;
      readonly window: readonly [number, number];
    };
    /** @description Something that is left out or was repaired: the file and annotation, why, and the image's name. */
    readonly DefectData: {
      readonly where: string;
      readonly reason: string;
      readonly image: string;
    };
    /** @description Delete images with their labels. */
    readonly DeleteImages: {
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly kind: "delete";
    };
    /** @description One of several changes: delete an object. */
    readonly DeleteOne: {
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly kind: "delete";
      /** Format: uuid */
      readonly uid: string;
    };
    /** @description The id of what was deleted. */
    readonly Deleted: {
      readonly deleted: number;
    };
    /** @description How an export differs from an earlier one. `changes` are the first images; `more` are only in the download. */
    readonly DifferenceData: {
      readonly before: number;
      readonly before_name: string;
      readonly after: number;
      readonly after_name: string;
      readonly images: components["schemas"]["CountsData"];
      readonly objects: components["schemas"]["CountsData"];
      readonly by_class: readonly components["schemas"]["ClassCounts"][];
      readonly classes_added: readonly string[];
      readonly classes_removed: readonly string[];
      readonly classes_renamed: readonly components["schemas"]["RenamedClass"][];
      readonly changes: readonly components["schemas"]["ImageDifference"][];
      readonly more: number;
      readonly url: string;
    };
    readonly Error: {
      /** @constant */
      readonly v: 1;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "error";
      /** @enum {string} */
      readonly code:
        | "bad_message"
        | "too_large"
        | "out_of_image"
        | "unknown_object"
        | "too_many_objects"
        | "too_many_clicks"
        | "nothing_to_undo"
        | "nothing_to_redo"
        | "not_ready"
        | "rate_limited"
        | "not_allowed"
        | "internal";
      readonly message: string;
      readonly seq?: number;
      /** Format: uuid */
      readonly object?: string;
    };
    /** @description Any answer other than 2xx. */
    readonly ErrorAnswer: {
      readonly error: components["schemas"]["ErrorBody"];
    };
    /**
     * @description `code` is for programs, `message` tells a person what to do, `field` names the value that is wrong. Some codes
     *     have more beside them.
     */
    readonly ErrorBody: {
      readonly code: string;
      readonly message: string;
      readonly field?: string;
      readonly limit?: number;
    } & {
      readonly [key: string]: unknown;
    };
    /**
     * @description An export; `options` as it was asked for. `name`: of a frozen version, which does not expire. `sha256`: of the
     *     zip. `frozen_by`: who froze it. Without `url` one who is ready has labels that only managers may have.
     *     `delivered`: where in a bucket it was put.
     */
    readonly ExportData: {
      readonly id: number;
      /** @enum {string} */
      readonly state: "queued" | "running" | "ready" | "failed" | "expired";
      readonly done: number;
      readonly total: number;
      readonly url?: string;
      readonly reason?: string;
      readonly format: string;
      readonly title: string;
      readonly options: {
        readonly [key: string]: components["schemas"]["JsonValue"];
      };
      readonly created_by: string | null;
      /** Format: date-time */
      readonly created_at: string;
      readonly name?: string;
      readonly sha256?: string;
      readonly frozen_by?: string;
      /** Format: date-time */
      readonly frozen_at?: string;
      readonly delivered?: string;
    };
    /**
     * @description The latest exports of a project, the newest first; all its frozen versions; the formats there are; and the
     *     buckets that exports may be put into.
     */
    readonly ExportList: {
      readonly results: readonly components["schemas"]["ExportData"][];
      readonly versions: readonly components["schemas"]["ExportData"][];
      readonly formats: readonly components["schemas"]["FormatData"][];
      readonly sinks: readonly string[];
    };
    /** @description How far an export is. Managers and reviewers only. */
    readonly ExportMessage: {
      readonly id: number;
      /** @enum {string} */
      readonly state: "queued" | "running" | "ready" | "failed" | "expired";
      readonly done: number;
      readonly total: number;
      readonly url?: string;
      readonly reason?: string;
      /** @constant */
      readonly v: 1;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "export";
    };
    /** @description How far an export is, in images. `url` (when ready) is where its zip is; `reason` says why there is none. */
    readonly ExportNews: {
      readonly id: number;
      /** @enum {string} */
      readonly state: "queued" | "running" | "ready" | "failed" | "expired";
      readonly done: number;
      readonly total: number;
      readonly url?: string;
      readonly reason?: string;
    };
    /** @description An image that a run could not look at, and why. */
    readonly FailureData: {
      readonly image: number;
      readonly name: string;
      readonly reason: string;
    };
    /** @description An image of the project that may be meant. */
    readonly FitData: {
      readonly id: number;
      readonly name: string;
    };
    /** @description A format that exports can have; `options` is the JSON schema of its options. */
    readonly FormatData: {
      readonly name: string;
      readonly title: string;
      readonly description: string;
      readonly options: {
        readonly [key: string]: components["schemas"]["JsonValue"];
      };
    };
    /** @description Whether the turn was taken back; false: nobody held it any more. */
    readonly Freed: {
      readonly freed: boolean;
    };
    /** @description `POST /api/exports/<id>/freeze`. `name`: of the version. */
    readonly Frozen: {
      readonly name: string;
    };
    /** @description Judge a version of an image's labels. */
    readonly GiveVerdict: {
      readonly version: number;
      /** @enum {string} */
      readonly verdict: "accepted" | "sent_back";
      /** @default  */
      readonly summary?: string;
      /** @default  */
      readonly override?: string;
    };
    /** @description Whether an image is golden now. */
    readonly GoldenAnswer: {
      readonly image: number;
      readonly golden: boolean;
    };
    /** @description How many images were marked, and those that were not. */
    readonly GoldenMarked: {
      readonly marked: number;
      readonly refused: readonly components["schemas"]["GoldenRefused"][];
    };
    /** @description An image that was not marked, and why. */
    readonly GoldenRefused: {
      readonly image: number;
      readonly reason: string;
    };
    /** @description The image was deleted, by itself or with its project. The socket ends after it. */
    readonly Gone: {
      /** @constant */
      readonly v: 1;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "gone";
      /** @enum {string} */
      readonly what: "image" | "project";
    };
    /** @description A model, and whether its training was stopped by this. */
    readonly HeadCancelled: {
      readonly id: number;
      readonly kind: string;
      readonly number: number;
      /** @enum {string} */
      readonly state: "queued" | "training" | "ready" | "failed" | "cancelled";
      readonly step: number;
      readonly steps: number;
      readonly seconds: number;
      readonly loss?: number;
      readonly left?: number;
      readonly reason?: string;
      readonly title: string;
      readonly starter: boolean;
      readonly classes: readonly string[];
      readonly images: number;
      readonly figures: {
        readonly [key: string]: components["schemas"]["JsonValue"];
      };
      readonly curve: readonly (readonly [number, number])[];
      readonly worst: string | null;
      readonly created_by: string | null;
      /** Format: date-time */
      readonly created_at: string;
      readonly cancelled: boolean;
    };
    /**
     * @description A model. `figures` are what the held-out images say: `ap`, `ap50` or `pq`, and `by_category`. `curve`: steps and
     *     losses. `worst` is the address of a picture of its worst answers.
     */
    readonly HeadData: {
      readonly id: number;
      readonly kind: string;
      readonly number: number;
      /** @enum {string} */
      readonly state: "queued" | "training" | "ready" | "failed" | "cancelled";
      readonly step: number;
      readonly steps: number;
      readonly seconds: number;
      readonly loss?: number;
      readonly left?: number;
      readonly reason?: string;
      readonly title: string;
      readonly starter: boolean;
      readonly classes: readonly string[];
      readonly images: number;
      readonly figures: {
        readonly [key: string]: components["schemas"]["JsonValue"];
      };
      readonly curve: readonly (readonly [number, number])[];
      readonly worst: string | null;
      readonly created_by: string | null;
      /** Format: date-time */
      readonly created_at: string;
    };
    /** @description A project's own models, the newest first, and then the starter models. */
    readonly HeadList: {
      readonly results: readonly components["schemas"]["HeadData"][];
    };
    /** @description How far a model's training is. `seconds` of training so far; `left`, as estimated; the newest `loss`. */
    readonly HeadNews: {
      readonly id: number;
      readonly kind: string;
      readonly number: number;
      /** @enum {string} */
      readonly state: "queued" | "training" | "ready" | "failed" | "cancelled";
      readonly step: number;
      readonly steps: number;
      readonly seconds: number;
      readonly loss?: number;
      readonly left?: number;
      readonly reason?: string;
    };
    /** @description A model, and whether its training goes on by this. */
    readonly HeadQueued: {
      readonly id: number;
      readonly kind: string;
      readonly number: number;
      /** @enum {string} */
      readonly state: "queued" | "training" | "ready" | "failed" | "cancelled";
      readonly step: number;
      readonly steps: number;
      readonly seconds: number;
      readonly loss?: number;
      readonly left?: number;
      readonly reason?: string;
      readonly title: string;
      readonly starter: boolean;
      readonly classes: readonly string[];
      readonly images: number;
      readonly figures: {
        readonly [key: string]: components["schemas"]["JsonValue"];
      };
      readonly curve: readonly (readonly [number, number])[];
      readonly worst: string | null;
      readonly created_by: string | null;
      /** Format: date-time */
      readonly created_at: string;
      readonly queued: boolean;
    };
    /**
     * @description Where on an image a phrase is likely: an 8-bit greyscale PNG in base64; `cell` is the width and height of one of
     *     its pixels in pixels of the view.
     */
    readonly HeatData: {
      readonly width: number;
      readonly height: number;
      readonly cell: readonly [number, number];
      readonly png: string;
    };
    /** @description A turn that somebody holds now. */
    readonly HeldData: {
      readonly id: number;
      readonly image: number;
      readonly image_name: string;
      /** @enum {string} */
      readonly kind: "label" | "fix" | "review" | "resolve";
      readonly lot: string;
      readonly person: string;
      /** Format: date-time */
      readonly until: string;
    };
    /** @description The turns that people hold in a project, at most 200. */
    readonly HeldList: {
      readonly results: readonly components["schemas"]["HeldData"][];
    };
    readonly Hello: {
      /** @constant */
      readonly v: 1;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "hello";
      readonly image: number;
      readonly width: number;
      readonly height: number;
      /** @enum {string} */
      readonly state: "queued" | "encoding" | "ready" | "failed";
      readonly features_version?: string;
      readonly limits: components["schemas"]["Limits"];
    };
    /** @description An editor is open. `take`: it wants the lease also from who has it. */
    readonly Here: {
      /** @constant */
      readonly v: 1;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "here";
      /** Format: uuid */
      readonly tab: string;
      /** @default false */
      readonly take?: boolean;
    };
    /** @description Which page: activities with ids below `before`. */
    readonly HistoryPage: {
      readonly before?: number | null;
    };
    /** @description How many images of a project are how far; `accepted` ones are also `done`. */
    readonly ImageCounts: {
      readonly total: number;
      readonly queued: number;
      readonly encoding: number;
      readonly ready: number;
      readonly failed: number;
      readonly in_progress: number;
      readonly done: number;
      readonly accepted: number;
      readonly sent_back: number;
      readonly skipped: number;
    };
    /**
     * @description An image of a list. `reason` says why it could not be prepared, `skipped` why it is skipped; both are empty else.
     *     A long note is cut. `version` is that of its labels, `round` how often they were sent back, `overlay` where its
     *     masks are as a picture for the thumbnail, empty without any. `people`: for whom it waits, or who holds it. `lot`:
     *     the name of its lot. `golden`: told to managers only, false for everybody else. `draw`: whether a finished image was
     *     drawn for review or left out; told to those who review, empty for everybody else and where nothing is reviewed.
     */
    readonly ImageData: {
      readonly id: number;
      readonly name: string;
      readonly width: number;
      readonly height: number;
      readonly thumbnail: string;
      readonly overlay: string;
      readonly editor: string;
      /** @enum {string} */
      readonly state: "queued" | "encoding" | "ready" | "failed";
      readonly reason: string;
      /** @enum {string} */
      readonly status: "new" | "in_progress" | "done" | "accepted" | "sent_back" | "skipped";
      readonly version: number;
      readonly round: number;
      readonly objects: number;
      readonly skipped: string;
      readonly note: string;
      readonly tags: readonly string[];
      readonly people: readonly string[];
      readonly lot: string;
      readonly golden: boolean;
      /** @enum {string} */
      readonly draw: "" | "drawn" | "undrawn";
      readonly changed_at: string | null;
      readonly changed_by: string | null;
    };
    /** @description What became of an image: `added`, `removed` or `changed`. `folder`: of the labels. `objects` by class number. */
    readonly ImageDifference: {
      readonly what: string;
      readonly image: number;
      readonly name: string;
      readonly folder: string;
      readonly objects: {
        readonly [key: string]: components["schemas"]["CountsData"];
      };
    };
    /**
     * @description Images of a project; what is empty is not asked for.
     *
     *     `q`: a part of the name. `state`: one or several of `STATES`, with commas. `assignee`: for whom a turn at labeling
     *     is reserved, or who holds one; `none`: nobody. `person`: who changed labels there. `lot`: a lot's id. `category`: a
     *     class that an object has. `verdict`: what a reviewer said; `again`: it was sent back at least once; `drawn` for
     *     review or `undrawn`, which those who review are told. `tag`: its name.
     */
    readonly ImageFilter: {
      /** @default  */
      readonly q?: string;
      /** @default  */
      readonly state?: string;
      /** @default  */
      readonly assignee?: string;
      /** @default  */
      readonly person?: string;
      readonly lot?: number | null;
      readonly category?: number | null;
      /**
       * @default
       * @enum {string}
       */
      readonly verdict?: "" | "waiting" | "drawn" | "undrawn" | "accepted" | "sent_back" | "again";
      /**
       * @default
       * @enum {string}
       */
      readonly note?: "" | "yes" | "no";
      /**
       * @default
       * @enum {string}
       */
      readonly objects?: "" | "none" | "some";
      /** @default  */
      readonly tag?: string;
    };
    /** @description How far an image is prepared; `reason` says why it could not be. */
    readonly ImageMessage: {
      /** @constant */
      readonly v: 1;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "image";
      readonly id: number;
      readonly name: string;
      readonly width: number;
      readonly height: number;
      /** @enum {string} */
      readonly state: "queued" | "encoding" | "ready" | "failed";
      readonly reason?: string;
      readonly thumbnail: string;
    };
    readonly ImageState: {
      /** @constant */
      readonly v: 1;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "state";
      /** @enum {string} */
      readonly state: "queued" | "encoding" | "ready" | "failed";
      readonly reason?: string;
      readonly ahead?: number;
    };
    /**
     * @description A page of a project's images. Forward from `after`: `next` is the next page's `after`, null at the end. Back from
     *     `before`: `previous` is the next page's `before`, null at the beginning. `total`: how many images the filters
     *     choose; a first page says so.
     */
    readonly ImagesPage: {
      readonly results: readonly components["schemas"]["ImageData"][];
      readonly total?: number;
      readonly next?: number | null;
      readonly previous?: number | null;
    };
    /**
     * @description The query of `GET /api/projects/<id>/images`: filters, the order, and the page.
     *
     *     `filter` is a filter with a name, which joins the others. `desc`: 1 for the other way round.
     */
    readonly ImagesQuery: {
      /** @default  */
      readonly q?: string;
      /** @default  */
      readonly state?: string;
      /** @default  */
      readonly assignee?: string;
      /** @default  */
      readonly person?: string;
      readonly lot?: number | null;
      readonly category?: number | null;
      /**
       * @default
       * @enum {string}
       */
      readonly verdict?: "" | "waiting" | "drawn" | "undrawn" | "accepted" | "sent_back" | "again";
      /**
       * @default
       * @enum {string}
       */
      readonly note?: "" | "yes" | "no";
      /**
       * @default
       * @enum {string}
       */
      readonly objects?: "" | "none" | "some";
      /** @default  */
      readonly tag?: string;
      /** @default 0 */
      readonly after?: number;
      /** @default 60 */
      readonly limit?: number;
      readonly before?: number | null;
      /**
       * @default all
       * @enum {string}
       */
      readonly filter?:
        | "all"
        | "todo"
        | "unlabeled"
        | "mine"
        | "done"
        | "accepted"
        | "sent_back"
        | "skipped"
        | "noted"
        | "preparing"
        | "failed";
      /**
       * @default added
       * @enum {string}
       */
      readonly sort?: "added" | "name" | "changed" | "objects" | "state";
      /**
       * @default 0
       * @enum {string}
       */
      readonly desc?: "0" | "1";
    };
    /** @description An import. `step`: `check` or `apply`; `done` and `total` count images; `added` objects that are kept. */
    readonly ImportData: {
      readonly id: number;
      readonly name: string;
      readonly format: string;
      readonly title: string;
      readonly options: {
        readonly [key: string]: components["schemas"]["JsonValue"];
      };
      /** @enum {string} */
      readonly step: "check" | "apply";
      /** @enum {string} */
      readonly state: "queued" | "running" | "checked" | "done" | "failed";
      readonly done: number;
      readonly total: number;
      readonly added: number;
      readonly reason: string;
      readonly created_by: string | null;
      /** Format: date-time */
      readonly created_at: string;
      readonly report?: components["schemas"]["ReportData"];
    };
    /** @description The latest imports of a project, the newest first, and the formats that can be imported. */
    readonly ImportList: {
      readonly results: readonly components["schemas"]["ImportData"][];
      readonly formats: readonly components["schemas"]["FormatData"][];
    };
    /** @description `POST /api/imports/<id>/check`. Which options there are depends on the format. */
    readonly ImportOptions: {
      /** @default {} */
      readonly options?: {
        readonly [key: string]: components["schemas"]["JsonValue"];
      };
    };
    /** @description The newest notices, how many are unread, and what to ask for next; null: no more. */
    readonly Inbox: {
      readonly unread: number;
      readonly results: readonly components["schemas"]["NoticeData"][];
      readonly next: number | null;
    };
    /** @description The reader's inbox changed: load it again. */
    readonly InboxChanged: {
      /** @constant */
      readonly v: 1;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "inbox";
      readonly user: number;
    };
    /** @description A person's inbox changed: load it again. */
    readonly InboxNews: {
      /** @constant */
      readonly v: 1;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "inbox";
      readonly user: number;
    };
    /** @description Which notices: those before an id. */
    readonly InboxQuery: {
      readonly before?: number | null;
      /** @default 30 */
      readonly limit?: number;
    };
    /** @description Put images into a lot. */
    readonly IntoLot: {
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly kind: "lot";
      readonly lot: number;
    };
    /** @description An invitation that works. `link` is in the answer that makes it alone, unless it was sent by e-mail. */
    readonly InvitationData: {
      readonly id: number;
      /** @enum {string} */
      readonly role: "owner" | "manager" | "reviewer" | "annotator" | "viewer";
      readonly email: string;
      /** Format: date-time */
      readonly created_at: string;
      /** Format: date-time */
      readonly expires_at: string;
      readonly uses: number;
      readonly most_uses: number;
      readonly link?: string;
    };
    /** @description The open invitations of a project, the newest first. */
    readonly InvitationList: {
      readonly results: readonly components["schemas"]["InvitationData"][];
    };
    /** @description `POST /api/projects/<id>/invitations`. With `email` and a mail server the invitation is sent to that address. */
    readonly InvitationSpec: {
      readonly role: components["schemas"]["Role"];
      readonly email?: string | null;
      /** @default 7 */
      readonly days?: number;
      /** @default 1 */
      readonly uses?: number;
    };
    /**
     * @description A file of an upload. `image` is the id of the image that it became; `reason` and `message` say why it is
     *     rejected, and are empty else.
     */
    readonly ItemData: {
      readonly id: number;
      readonly name: string;
      /** @enum {string} */
      readonly state: "waiting" | "unpacked" | "accepted" | "rejected";
      readonly reason: string;
      readonly message: string;
      readonly image: number | null;
    };
    /** @description What became of a file of an upload. */
    readonly ItemNews: {
      readonly name: string;
      /** @enum {string} */
      readonly state: "waiting" | "unpacked" | "accepted" | "rejected";
      readonly reason?: string;
      readonly message?: string;
    };
    /** @description The files that one request added to an upload. */
    readonly ItemsAdded: {
      readonly items: readonly components["schemas"]["ItemData"][];
    };
    readonly JsonValue: unknown;
    /** @description Which image: its place in the project, from 1, or a part of its name. */
    readonly JumpQuery: {
      readonly to: string;
    };
    /** @description The image that was asked for. */
    readonly JumpedTo: {
      readonly image: number;
      readonly name: string;
    };
    /** @description The objects that several changes made or changed, and the version that this made. */
    readonly KeptMany: {
      readonly version: number;
      readonly annotations: readonly components["schemas"]["AnnotationData"][];
    };
    /** @description An object as it is kept now, and the version that this made. */
    readonly KeptOne: {
      readonly version: number;
      readonly annotation: components["schemas"]["AnnotationData"];
    };
    /** @description The keys of the actions that have others than the shipped ones; an empty list is an action without a key. */
    readonly Keys: {
      readonly keys: {
        readonly [key: string]: readonly string[];
      };
    };
    /** @description The keys of the editor's actions that have others than the shipped ones. */
    readonly KeysData: {
      readonly keys: {
        readonly [key: string]: readonly string[];
      };
    };
    /** @description Somebody who may label in a project. */
    readonly LabelerData: {
      readonly id: number;
      readonly name: string;
    };
    /** @description The version of the image's labels. */
    readonly LabelsVersion: {
      readonly version: number;
    };
    /** @description A level of an image's blocks; one of its pixels is `factor` × `factor` pixels of the view. */
    readonly LevelData: {
      readonly name: string;
      readonly factor: number;
    };
    readonly Limits: {
      readonly message_bytes: number;
      readonly clicks_per_second: number;
      readonly clicks_per_object: number;
    };
    /** @description How far a method is with an image, and how many objects it found; `reason` says why it could not. */
    readonly LookData: {
      readonly method: string;
      /** @enum {string} */
      readonly state: "queued" | "running" | "ready" | "failed" | "stopped";
      readonly found: number;
      readonly reason?: string;
    };
    /** @description Something that a format can't say. `objects`: of how many it is lost; missing where that is not counted ahead. */
    readonly LossData: {
      readonly what: string;
      readonly text: string;
      readonly objects?: number;
    };
    /** @description What an export would have and lose. `counted`: of how many of its images that is known by now. */
    readonly LossesData: {
      readonly images: number;
      readonly objects?: number;
      readonly counted: number;
      readonly lost: readonly components["schemas"]["LossData"][];
    };
    /** @description Change a lot; what is left out stays. `closed`: nothing of it is handed out. */
    readonly LotChange: {
      readonly name?: string | null;
      readonly priority?: number | null;
      readonly due?: string | null;
      readonly folds?: number | null;
      readonly order?: ("upload" | "random") | null;
      readonly closed?: boolean | null;
    };
    /**
     * @description A lot. Numbers are of turns at labeling: of images where one person labels each. `closed` ones are finished or
     *     skipped, `held` ones somebody has now, `reserved` ones wait for a person.
     */
    readonly LotData: {
      readonly id: number;
      readonly name: string;
      readonly is_default: boolean;
      readonly priority: number;
      readonly due: string | null;
      readonly folds: number;
      /** @enum {string} */
      readonly order: "upload" | "random";
      readonly is_closed: boolean;
      readonly total: number;
      readonly closed: number;
      readonly held: number;
      readonly reserved: number;
    };
    /** @description The id of a lot that is deleted. */
    readonly LotDeleted: {
      readonly deleted: number;
    };
    /** @description The lots of a project, those that are handed out first first; and who may label. */
    readonly LotList: {
      readonly results: readonly components["schemas"]["LotData"][];
      readonly people: readonly components["schemas"]["LabelerData"][];
    };
    /** @description Which class each of a model's words is. */
    readonly MappingData: {
      readonly mapping: readonly components["schemas"]["WordData"][];
    };
    /** @description `PATCH /api/projects/<id>/heads/<id>/mapping`: words and the numbers of their classes (null: no class). */
    readonly MappingSpec: {
      readonly mapping: {
        readonly [key: string]: number | null;
      };
    };
    /** @description Make finished images golden: their labels are the truth that people are measured against; `remove`: no longer. */
    readonly MarkGolden: {
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly kind: "golden";
      /** @default false */
      readonly remove?: boolean;
    };
    readonly Mask: {
      /** @constant */
      readonly v: 1;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "mask";
      /** Format: uuid */
      readonly object: string;
      readonly seq: number;
      readonly clicks: number;
      readonly can_redo: boolean;
      readonly bbox: readonly [number, number, number, number];
      readonly counts: string;
      readonly tiles?: readonly (string | null)[];
      /** @enum {string} */
      readonly stage: "coarse" | "final";
      readonly ms: components["schemas"]["Took"];
    };
    /** @description Members of a project, to be named in comments. */
    readonly Mentionable: {
      readonly people: readonly components["schemas"]["PersonData"][];
    };
    /** @description A class that was merged into another one. Its number still means that one. */
    readonly MergedCategoryData: {
      readonly number: number;
      readonly into: number;
      readonly name: string;
      readonly merged_by: string | null;
      /** Format: date-time */
      readonly merged_at: string;
    };
    /** @description A class that was merged into another one, by their numbers: who sends `number` means `into`. */
    readonly MergedData: {
      readonly number: number;
      readonly into: number;
    };
    /**
     * @description A method of finding objects. `can`: it can be asked here; `head` is the title of the model that is asked then.
     *     `trained`: it needs a model that a project trains. `on_images`: it is asked about whole images. `automatic`: it is
     *     asked where nothing is suggested yet. The methods come in the order in which they are shown.
     */
    readonly MethodData: {
      readonly method: string;
      readonly title: string;
      readonly about: string;
      readonly can: boolean;
      readonly head: string | null;
      readonly trained: boolean;
      readonly on_images: boolean;
      readonly automatic: boolean;
    };
    /** @description An image that is likely next. */
    readonly Neighbour: {
      readonly id: number;
      readonly view: string;
      readonly editor: string;
    };
    /** @description Keep an object. */
    readonly NewAnnotation: {
      /** Format: uuid */
      readonly uid: string;
      readonly category: number;
      readonly counts: string;
      readonly clicks: readonly (readonly [number, number, boolean])[];
      readonly z?: number | null;
      readonly attributes?: {
        readonly [key: string]: boolean | number | string | null;
      } | null;
      /** @default false */
      readonly crowd?: boolean;
      readonly version: number;
    };
    /** @description Say something in a thread, or change what one said. */
    readonly NewComment: {
      readonly text: string;
    };
    /** @description `POST /api/projects/<id>/exports`. Which options there are depends on the format. */
    readonly NewExport: {
      readonly format: string;
      /** @default {} */
      readonly options?: {
        readonly [key: string]: components["schemas"]["JsonValue"];
      };
      /**
       * @description The name of the version that it is to be; none: "".
       * @default
       */
      readonly freeze?: string;
      readonly sink?: components["schemas"]["NewSink"] | null;
    };
    /** @description Images to mark as golden, by id. */
    readonly NewGolden: {
      readonly images: readonly number[];
    };
    /** @description `POST /api/projects/<id>/heads`. */
    readonly NewHead: {
      readonly kind: string;
      /** @default 600 */
      readonly steps?: number;
    };
    /** @description `POST /api/images/<id>/suggestions`. */
    readonly NewImageRun: {
      readonly method: string;
      readonly head?: number | null;
      /**
       * @default {
       *       "threshold": null,
       *       "mode": null,
       *       "refine": null
       *     }
       */
      readonly options?: components["schemas"]["RunOptions"];
    };
    /** @description Make a lot. `folds`: how many people label each image; `order`: in which its images are handed out. */
    readonly NewLot: {
      readonly name: string;
      /** @default 0 */
      readonly priority?: number;
      readonly due?: string | null;
      /** @default 1 */
      readonly folds?: number;
      /**
       * @default upload
       * @enum {string}
       */
      readonly order?: "upload" | "random";
    };
    /** @description Say something about an image; empty takes it back. */
    readonly NewNote: {
      readonly version: number;
      readonly text: string;
    };
    /**
     * @description `POST /api/projects/<id>/suggestions/runs`.
     *
     *     Without `head` the best one is asked; without `images` all are looked at that are not done.
     */
    readonly NewRun: {
      readonly method: string;
      readonly head?: number | null;
      readonly images?: readonly number[] | null;
      /**
       * @default {
       *       "threshold": null,
       *       "mode": null,
       *       "refine": null
       *     }
       */
      readonly options?: components["schemas"]["RunOptions"];
    };
    /**
     * @description Where an export is put as well: one of the buckets that `GET` lists, and a folder in it. `unpack`: its files, not
     *     the zip.
     */
    readonly NewSink: {
      readonly place: string;
      /** @default  */
      readonly folder?: string;
      /** @default false */
      readonly unpack?: boolean;
    };
    /** @description `POST /api/projects/<id>/sources`. `root` is one of the places that `GET` lists; `folder` is in it. */
    readonly NewSource: {
      readonly root: string;
      /** @default  */
      readonly folder?: string;
      /** @default true */
      readonly watch?: boolean;
    };
    /** @description Say how far an image is. */
    readonly NewStatus: {
      readonly version: number;
      /** @enum {string} */
      readonly status: "new" | "in_progress" | "done" | "skipped";
      /** @default  */
      readonly reason?: string;
    };
    /** @description Begin a thread: at a point of the view, at a point of an object's box, or about the whole image. */
    readonly NewThread: {
      readonly text: string;
      readonly x?: number | null;
      readonly y?: number | null;
      readonly object?: string | null;
    };
    /** @description The version that a deletion made. */
    readonly NewVersion: {
      readonly version: number;
    };
    /** @description The next image for the signed-in person, null when nothing is left; and the ones likely after it. */
    readonly NextImage: {
      readonly image: number | null;
      readonly upcoming: readonly number[];
    };
    /** @description Ask for the next image to review. */
    readonly NextReview: {
      readonly after?: number | null;
    };
    /** @description `POST /api/projects/<id>/next`. */
    readonly NextSpec: {
      readonly after?: number | null;
    };
    /**
     * @description The next image to review; null: nothing waits. `waiting` counts those that do, `on_the_way` what is still being
     *     labeled or fixed.
     */
    readonly NextToReview: {
      readonly image: number | null;
      readonly waiting: number;
      readonly on_the_way: number;
    };
    /** @description An image that was neither accepted nor drawn, and why. */
    readonly NotInSample: {
      readonly image: number;
      readonly reason: string;
    };
    /** @description The note on an image, as it is kept now. */
    readonly NoteSet: {
      readonly version: number;
      readonly note: string;
    };
    /** @description Something that the signed-in person is told; `url` leads there. */
    readonly NoticeData: {
      readonly id: number;
      /** @enum {string} */
      readonly kind: "sent_back" | "corrected" | "reply" | "mention" | "assigned" | "finished" | "attention";
      readonly project: number;
      readonly project_name: string;
      readonly image: number | null;
      readonly image_name: string;
      readonly by: string | null;
      readonly text: string;
      /** Format: date-time */
      readonly at: string;
      readonly read: boolean;
      readonly url: string;
    };
    /** @description What is offered on an image now, best first; the methods that are to look at it, or do; and how each ended. */
    readonly Offered: {
      readonly results: readonly components["schemas"]["SuggestionData"][];
      readonly running: readonly string[];
      readonly looked: readonly components["schemas"]["LookData"][];
    };
    /** @description The query of `GET /api/images/<id>/suggestions`. */
    readonly OffersQuery: {
      readonly method?: string | null;
      /** @default 0 */
      readonly above?: number;
    };
    /** @description An object as it was at an earlier version. */
    readonly OldObject: {
      /** Format: uuid */
      readonly uid: string;
      readonly category: number;
      readonly counts: string;
      readonly bbox: readonly [number, number, number, number];
      readonly area: number;
      readonly clicks: readonly (readonly [number, number, boolean])[];
      readonly z: number;
      readonly attributes: {
        readonly [key: string]: boolean | number | string | null;
      };
    };
    /** @description An image's labels as they were at a version. */
    readonly OldVersion: {
      readonly version: number;
      readonly annotations: readonly components["schemas"]["OldObject"][];
    };
    /** @description `overlap`, in a panoptic project. */
    readonly OverlapBody: {
      readonly code: string;
      readonly message: string;
      readonly field?: string;
      readonly limit?: number;
      readonly objects?: readonly components["schemas"]["OverlapData"][];
    } & {
      readonly [key: string]: unknown;
    };
    /** @description An object that was to be kept, the object that it would share pixels with, and how many. */
    readonly OverlapData: {
      /** Format: uuid */
      readonly uid: string;
      /** Format: uuid */
      readonly other: string;
      readonly category: number;
      readonly pixels: number;
    };
    /** @description The change would give pixels to two objects of a panoptic project. */
    readonly OverlapError: {
      readonly error: components["schemas"]["OverlapBody"];
    };
    /** @description `overlaps`: how many pairs of objects on how many images, and the first of these. */
    readonly OverlapsBody: {
      readonly code: string;
      readonly message: string;
      readonly field?: string;
      readonly limit?: number;
      readonly pairs?: number;
      readonly images?: number;
      readonly first?: readonly components["schemas"]["OverlapsOnImage"][];
    } & {
      readonly [key: string]: unknown;
    };
    /** @description A project in which objects overlap can't become panoptic. */
    readonly OverlapsError: {
      readonly error: components["schemas"]["OverlapsBody"];
    };
    /** @description An image on which objects overlap, how many pixels they share, and pairs of them, the lower one first. */
    readonly OverlapsOnImage: {
      readonly image: number;
      readonly name: string;
      readonly pixels: number;
      readonly objects: readonly (readonly [string, string])[];
    };
    /**
     * @description All kept objects of an image, in drawing order. An image that nobody touched has version 0; `reason` says why an
     *     image is skipped and is empty else; `round` says how often a reviewer sent it back.
     */
    readonly Overview: {
      readonly version: number;
      /** @enum {string} */
      readonly status: "new" | "in_progress" | "done" | "accepted" | "sent_back" | "skipped";
      readonly reason: string;
      readonly note: string;
      readonly round: number;
      readonly annotations: readonly components["schemas"]["AnnotationData"][];
    };
    /** @description Where a project page asks for what. */
    readonly PageAddresses: {
      readonly images: string;
      readonly uploads: string;
      readonly resumable: string;
      readonly encode: string;
      readonly exports: string;
    };
    /** @description The project of a project page, and what the person may do in it. */
    readonly PageProject: {
      readonly can_label: boolean;
      readonly can_review: boolean;
      readonly can_assign: boolean;
      readonly can_export: boolean;
      readonly can_manage: boolean;
      readonly can_archive: boolean;
      readonly id: number;
      readonly name: string;
      /** @enum {string} */
      readonly role: "owner" | "manager" | "reviewer" | "annotator" | "viewer";
    };
    /** @description Whether no pixel of a project's images may belong to two objects. */
    readonly PanopticState: {
      readonly panoptic: boolean;
    };
    /** @description Whether no pixel of a project's images may belong to two objects. */
    readonly PanopticSwitch: {
      readonly panoptic: boolean;
    };
    /** @description A mask inside its bounding box. */
    readonly Patch: {
      readonly bbox: readonly [number, number, number, number];
      readonly counts: string;
    };
    readonly People: {
      /** @constant */
      readonly v: 1;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "presence";
      /** Format: uuid */
      readonly you: string;
      readonly people: readonly components["schemas"]["Person"][];
    };
    /** @description An open editor of the image. Times in seconds. */
    readonly Person: {
      /** Format: uuid */
      readonly tab: string;
      readonly user: number;
      readonly name: string;
      readonly initials: string;
      readonly hue: number;
      readonly holds: boolean;
      readonly away: boolean;
      readonly idle: number;
    };
    /** @description A person beside what they said or did. */
    readonly PersonData: {
      readonly id: number;
      readonly name: string;
      readonly username: string;
      readonly initials: string;
      readonly hue: number;
    };
    /** @description Where a phrase is. Without a suggestion `missing` says why: it is kept already, or there is nothing. */
    readonly PhraseFound: {
      readonly heat: components["schemas"]["HeatData"];
      readonly suggestion: components["schemas"]["SuggestionData"] | null;
      /** @enum {string} */
      readonly missing?: "kept" | "nothing";
    };
    /** @description `POST /api/images/<id>/text`. */
    readonly PhraseSpec: {
      readonly phrase: string;
    };
    /** @description Where the work of a project piles up, in images: whoever they are reserved for, or sent back to. */
    readonly PilesData: {
      readonly unassigned: number;
      readonly to_fix: number;
      readonly to_review: number;
      readonly oldest_review: string | null;
      readonly to_resolve: number;
    };
    readonly Ping: {
      /** @constant */
      readonly v: 1;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "ping";
      readonly seq: number;
    };
    readonly Pong: {
      /** @constant */
      readonly v: 1;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "pong";
      readonly seq: number;
    };
    /** @description The place of an image in its project, from 1. */
    readonly Position: {
      readonly index: number;
      readonly total: number;
    };
    readonly Prefetch: {
      /** @constant */
      readonly v: 1;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "prefetch";
      readonly images: readonly number[];
    };
    /** @description An original that is not what it was, and what to do. */
    readonly ProblemData: {
      readonly path: string;
      /** @enum {string} */
      readonly problem: "changed" | "missing" | "rejected";
      readonly message: string;
    };
    /** @description The only thing a client says here. */
    readonly ProgressClientMessage: {
      /** @constant */
      readonly v: 1;
      /** @constant */
      readonly type: "ping";
      readonly seq: number;
    };
    /** @description A message was refused; `message` says what to do. */
    readonly ProgressError: {
      /** @constant */
      readonly v: 1;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "error";
      /** @enum {string} */
      readonly code: "rate_limited" | "too_large" | "bad_message";
      readonly message: string;
    };
    /** @description What it is told there. */
    readonly ProgressMessage:
      | components["schemas"]["Counts"]
      | components["schemas"]["ImageMessage"]
      | components["schemas"]["UploadMessage"]
      | components["schemas"]["ExportMessage"]
      | components["schemas"]["AnnotationsNews"]
      | components["schemas"]["SuggestionsMessage"]
      | components["schemas"]["ProjectLifeMessage"]
      | components["schemas"]["ProjectJobMessage"]
      | components["schemas"]["InboxNews"]
      | components["schemas"]["ProgressPong"]
      | components["schemas"]["ProgressError"];
    /** @description The answer to a ping. */
    readonly ProgressPong: {
      /** @constant */
      readonly v: 1;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "pong";
      readonly seq: number;
    };
    /** @description `POST /api/projects/<id>/suggestions/accept`; `after` is the `next` of the answer before. */
    readonly ProjectAcceptSpec: {
      /** @default 0 */
      readonly above?: number;
      readonly category?: number | null;
      /** @default [] */
      readonly methods?: readonly string[];
      readonly give?: number | null;
      /** @default 0 */
      readonly after?: number;
    };
    /**
     * @description `PATCH /api/projects/<id>`: what is left out stays. `categories` and `attributes` are whole lists: a missing one
     *     is deleted. `seen` as for `CategoryOrder`: settings that somebody changed since are not overwritten.
     */
    readonly ProjectChange: {
      readonly name?: string | null;
      readonly instructions?: string | null;
      readonly categories?: readonly components["schemas"]["CategorySpec"][] | null;
      readonly attributes?: readonly components["schemas"]["AttributeSpec"][] | null;
      /** @default  */
      readonly seen?: string;
    };
    /** @description Classes, attributes, settings or the reader's own role changed: load the project again. */
    readonly ProjectChanged: {
      /** @constant */
      readonly v: 1;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "project";
    };
    /** @description A project that was made after another one. `job` copies its images, if they are copied. */
    readonly ProjectCopy: {
      readonly id: number;
      readonly name: string;
      readonly url: string;
      readonly job: components["schemas"]["ProjectJobData"] | null;
    };
    /** @description A project as the signed-in person sees it; `role` is theirs. An archived one can be viewed but not changed. */
    readonly ProjectData: {
      readonly can_label: boolean;
      readonly can_review: boolean;
      readonly can_assign: boolean;
      readonly can_export: boolean;
      readonly can_manage: boolean;
      readonly can_archive: boolean;
      readonly id: number;
      readonly name: string;
      /** @enum {string} */
      readonly state: "active" | "archived" | "bin";
      readonly instructions: string;
      readonly url: string;
      /** @enum {string} */
      readonly role: "owner" | "manager" | "reviewer" | "annotator" | "viewer";
      readonly categories: readonly components["schemas"]["CategoryData"][];
      readonly merged: readonly components["schemas"]["MergedData"][];
      readonly attributes: readonly components["schemas"]["AttributeData"][];
      readonly panoptic: boolean;
    };
    /** @description The project's name, so that a wrong id deletes nothing. */
    readonly ProjectDeletion: {
      readonly name: string;
    };
    /** @description Make a project after another one. Without a name it is “Copy of …”. */
    readonly ProjectDuplication: {
      readonly name?: string | null;
      /** @default false */
      readonly images?: boolean;
      /** @default true */
      readonly members?: boolean;
    };
    /**
     * @description How far work on a whole project is, in images.
     *
     *     `reason` says why it failed, or what was left out, and what to do.
     */
    readonly ProjectJobData: {
      readonly id: number;
      readonly project: number;
      /** @enum {string} */
      readonly kind: "copy" | "merge" | "unmerge" | "purge" | "render";
      /** @enum {string} */
      readonly state: "queued" | "running" | "done" | "failed";
      readonly done: number;
      readonly total: number;
      readonly reason?: string;
    };
    /** @description Work on a whole project, the newest first. */
    readonly ProjectJobList: {
      readonly results: readonly components["schemas"]["ProjectJobData"][];
    };
    /** @description How far work on a whole project is. */
    readonly ProjectJobMessage: {
      readonly id: number;
      readonly project: number;
      /** @enum {string} */
      readonly kind: "copy" | "merge" | "unmerge" | "purge" | "render";
      /** @enum {string} */
      readonly state: "queued" | "running" | "done" | "failed";
      readonly done: number;
      readonly total: number;
      readonly reason?: string;
      /** @constant */
      readonly v: 1;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "job";
    };
    /** @description What a project is now; `deleted_at` is when one in the bin is deleted for good. */
    readonly ProjectLife: {
      readonly id: number;
      /** @enum {string} */
      readonly state: "active" | "archived" | "bin";
      /** Format: date-time */
      readonly deleted_at?: string;
    };
    /** @description The project was archived, restored, or moved to the bin: what its people may do has changed. */
    readonly ProjectLifeMessage: {
      /** @constant */
      readonly v: 1;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "project";
      readonly project: number;
      /** @enum {string} */
      readonly state: "active" | "archived" | "bin";
    };
    /** @description The projects of the signed-in person. */
    readonly ProjectList: {
      readonly results: readonly components["schemas"]["ProjectData"][];
    };
    /**
     * @description What a tab of a project's page starts with. `images`, `exports` and `versions`: null on tabs that list none.
     *     `last_upload`: the newest upload, if files of it were rejected lately.
     */
    readonly ProjectPage: {
      readonly project: components["schemas"]["PageProject"];
      readonly counts: components["schemas"]["ImageCounts"];
      readonly images: components["schemas"]["ImagesPage"] | null;
      readonly last_upload: number | null;
      readonly exports: readonly components["schemas"]["ExportData"][] | null;
      readonly versions: readonly components["schemas"]["ExportData"][] | null;
      readonly socket: string;
      readonly api: components["schemas"]["PageAddresses"];
    };
    /**
     * @description `POST /api/projects`. The classes are those of the template (`GET /api/class-templates`), if there is one, and
     *     then `categories`; there has to be one at least.
     */
    readonly ProjectSpec: {
      readonly name: string;
      /** @default  */
      readonly instructions?: string;
      readonly template?: string | null;
      /** @default [] */
      readonly categories?: readonly components["schemas"]["CategorySpec"][];
      /** @default [] */
      readonly attributes?: readonly components["schemas"]["AttributeSpec"][];
    };
    /** @description Put a tag on images; `remove`: take it off. */
    readonly PutTag: {
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly kind: "tag";
      readonly tag: string;
      /** @default false */
      readonly remove?: boolean;
    };
    /**
     * @description A project's figures (docs/internals/quality.md). `made_at` is None before any were made; `waiting` images are
     *     not compared yet.
     */
    readonly QualityFigures: {
      readonly peers: {
        readonly [key: string]: unknown;
      } | null;
      readonly golden: {
        readonly [key: string]: unknown;
      } | null;
      readonly made_at: string | null;
      readonly waiting: number;
    };
    /** @description How many images are queued now. */
    readonly Queued: {
      readonly queued: number;
    };
    /** @description Mark notices as read: all up to an id, or those about an image. */
    readonly ReadSpec: {
      readonly up_to?: number | null;
      readonly image?: number | null;
    };
    readonly Redo: {
      /** @constant */
      readonly v: 1;
      /** Format: uuid */
      readonly object: string;
      readonly seq: number;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "redo";
    };
    /** @description An image that was not changed, and why. */
    readonly RefusedImage: {
      readonly id: number;
      readonly name: string;
      readonly code: string;
      readonly message: string;
    };
    /** @description How many suggestions were rejected now. */
    readonly Rejected: {
      readonly rejected: number;
    };
    /** @description A class that is called otherwise. */
    readonly RenamedClass: {
      readonly number: number;
      readonly before: string;
      readonly after: string;
    };
    /** @description How many suggestions are open again. */
    readonly Reopened: {
      readonly reopened: number;
    };
    /**
     * @description What an import would do, and all that it would leave out.
     *
     *     `already`: objects that are there exactly so, which are not added once more. `skipped`: images that stay as they are
     *     because they have objects. `attributes`: those that the project does not ask, and how many objects answer them;
     *     these answers are left out. `refused`: images that could not be labeled in the end.
     */
    readonly ReportData: {
      readonly images: number;
      readonly new_images: number;
      readonly labeled_before: number;
      readonly closed: number;
      readonly objects: number;
      readonly crowds: number;
      readonly left_out: number;
      /** @default 0 */
      readonly already?: number;
      /** @default 0 */
      readonly skipped?: number;
      readonly splits: {
        readonly [key: string]: number;
      };
      readonly classes: readonly components["schemas"]["ClassPlanData"][];
      readonly attributes: {
        readonly [key: string]: number;
      };
      /** @default [] */
      readonly unmatched?: readonly components["schemas"]["UnmatchedData"][];
      readonly defects: readonly components["schemas"]["DefectData"][];
      readonly notes: readonly components["schemas"]["DefectData"][];
      readonly more_defects: number;
      readonly more_notes: number;
      /** @default [] */
      readonly refused?: readonly components["schemas"]["DefectData"][];
    };
    /** @description The version that going back made, and how many objects it changed; 0: they were as they were then. */
    readonly Restored: {
      readonly version: number;
      readonly objects: number;
    };
    /** @description Go back to version `to`; `version` is the newest one that the writer saw. */
    readonly Restoring: {
      readonly version: number;
      readonly to: number;
    };
    /** @description Whose turn it is to review the image, a verdict or a thread changed: load the review again. */
    readonly ReviewChanged: {
      /** @constant */
      readonly v: 1;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "review";
      readonly image: number;
    };
    /**
     * @description An image's review, as the signed-in person sees it.
     *
     *     `enabled`: the project reviews finished images. `mine`: it is their turn, and `correcting`, too, whether they may
     *     change labels meanwhile. `holder`: whose turn it is else. `own_work`: they labeled it, so others judge it. `author`:
     *     who finished it; left out where reviewers are not to know. `worker`: whose turn at labeling or fixing it is, or for
     *     whom that is reserved. `waiting` and `on_the_way`, for reviewers: how many images of the project wait for them, and
     *     how many are still labeled or fixed.
     */
    readonly ReviewData: {
      readonly enabled: boolean;
      readonly may_correct: boolean;
      /** @enum {string} */
      readonly status: "new" | "in_progress" | "done" | "accepted" | "sent_back" | "skipped";
      readonly round: number;
      readonly mine: boolean;
      readonly correcting: boolean;
      readonly holder: string | null;
      readonly own_work: boolean;
      readonly waits: boolean;
      readonly author?: components["schemas"]["PersonData"];
      readonly worker?: components["schemas"]["PersonData"];
      readonly waiting?: number;
      readonly on_the_way?: number;
      readonly verdicts: readonly components["schemas"]["VerdictData"][];
      readonly threads: readonly components["schemas"]["ThreadData"][];
    };
    /** @description How a project reviews finished images. */
    readonly ReviewSettingsData: {
      readonly enabled: boolean;
      readonly rate: number;
      readonly newcomers: number;
      readonly may_correct: boolean;
      readonly strict: boolean;
      readonly blind: boolean;
    };
    /** @description Change how a project reviews; what is left out stays. */
    readonly ReviewSettingsSpec: {
      readonly enabled?: boolean | null;
      readonly rate?: number | null;
      readonly newcomers?: number | null;
      readonly may_correct?: boolean | null;
      readonly strict?: boolean | null;
      readonly blind?: boolean | null;
    };
    /** @description The id of the invitation that does not work any more. */
    readonly Revoked: {
      readonly revoked: number;
    };
    /**
     * @description What a member may do (`access.ROLES`). Owners may do everything in their project.
     * @enum {string}
     */
    readonly Role: "owner" | "manager" | "reviewer" | "annotator" | "viewer";
    /** @description A place that the administrator allows: `root` for programs, `title` for people. */
    readonly RootData: {
      readonly root: string;
      readonly title: string;
    };
    /** @description A run. `failures` (at most 100) are told where one run is asked for. */
    readonly RunData: {
      readonly id: number;
      readonly method: string;
      /** @enum {string} */
      readonly state: "running" | "done" | "stopped";
      readonly done: number;
      readonly failed: number;
      readonly total: number;
      readonly head: number | null;
      readonly head_title: string | null;
      readonly automatic: boolean;
      readonly options: components["schemas"]["RunOptionsData"];
      readonly created_by: string | null;
      /** Format: date-time */
      readonly created_at: string;
      readonly failures?: readonly components["schemas"]["FailureData"][];
    };
    /** @description The newest runs of a project. */
    readonly RunList: {
      readonly results: readonly components["schemas"]["RunData"][];
    };
    /** @description How far a run is, in images. */
    readonly RunNews: {
      readonly id: number;
      readonly method: string;
      /** @enum {string} */
      readonly state: "running" | "done" | "stopped";
      readonly done: number;
      readonly failed: number;
      readonly total: number;
    };
    /** @description How a run asks: least score; what a panoptic head answers; whether the click model draws the borders again. */
    readonly RunOptions: {
      readonly threshold?: number | null;
      readonly mode?: ("instances" | "panoptic" | "semantic") | null;
      readonly refine?: boolean | null;
    };
    /** @description How a run asks (`RunOptions`). Of imported predictions: `source`, what made them, and the import's id. */
    readonly RunOptionsData: {
      readonly threshold?: number;
      readonly mode?: string;
      readonly refine?: boolean;
      readonly source?: string;
      readonly import_id?: number;
    };
    /** @description A run, and how many images it looks at again. */
    readonly RunQueued: {
      readonly id: number;
      readonly method: string;
      /** @enum {string} */
      readonly state: "running" | "done" | "stopped";
      readonly done: number;
      readonly failed: number;
      readonly total: number;
      readonly head: number | null;
      readonly head_title: string | null;
      readonly automatic: boolean;
      readonly options: components["schemas"]["RunOptionsData"];
      readonly created_by: string | null;
      /** Format: date-time */
      readonly created_at: string;
      readonly failures?: readonly components["schemas"]["FailureData"][];
      readonly queued: number;
    };
    /** @description A run, and whether it was stopped by this. */
    readonly RunStopped: {
      readonly id: number;
      readonly method: string;
      /** @enum {string} */
      readonly state: "running" | "done" | "stopped";
      readonly done: number;
      readonly failed: number;
      readonly total: number;
      readonly head: number | null;
      readonly head_title: string | null;
      readonly automatic: boolean;
      readonly options: components["schemas"]["RunOptionsData"];
      readonly created_by: string | null;
      /** Format: date-time */
      readonly created_at: string;
      readonly failures?: readonly components["schemas"]["FailureData"][];
      readonly stopped: boolean;
    };
    /** @description How many images were accepted without a look at each, or drawn for review; where the next request goes on. */
    readonly SampleJudged: {
      readonly done: number;
      readonly refused: readonly components["schemas"]["NotInSample"][];
      readonly next: number | null;
    };
    /**
     * @description Accept finished images that were not drawn for review, or `draw` them: `images`, or all of a `lot`.
     *
     *     One request deals with at most 200 images of a lot; its answer says where the next one goes on.
     */
    readonly SampleVerdict: {
      readonly images?: readonly number[] | null;
      readonly lot?: number | null;
      /** @default 0 */
      readonly after?: number;
      /** @default false */
      readonly draw?: boolean;
    };
    /** @description An image, and the version of its labels that was seen; without one, that of now. */
    readonly SeenImage: {
      readonly id: number;
      readonly version?: number | null;
    };
    /** @description The version of the image's labels that its writer saw. */
    readonly SeenLabels: {
      readonly version: number;
    };
    /** @description A change that needs nothing but the version its writer saw. */
    readonly SeenVersion: {
      readonly version: number;
    };
    /** @description Say how far images are; *skipped* has a reason. `in_progress` opens finished ones again. */
    readonly SetState: {
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly kind: "status";
      /** @enum {string} */
      readonly status: "new" | "in_progress" | "done" | "skipped";
      /** @default  */
      readonly reason?: string;
    };
    /** @description What a project lets happen by itself. */
    readonly SettingsData: {
      readonly everything_when_ready: boolean;
      readonly learn_at_doublings: boolean;
      readonly least_sure_first: boolean;
    };
    /** @description `PATCH /api/projects/<id>/suggestions/settings`: what is left out stays. */
    readonly SettingsSpec: {
      readonly everything_when_ready?: boolean | null;
      readonly learn_at_doublings?: boolean | null;
      readonly least_sure_first?: boolean | null;
    };
    /**
     * @description How many suggestions were kept as they were, kept with a change, rejected; `untouched` is the first one's share
     *     of those kept, null before anything was kept.
     */
    readonly Share: {
      readonly accepted: number;
      readonly edited: number;
      readonly rejected: number;
      readonly untouched: number | null;
    };
    /** @description A suggestion that was not accepted: `no_class`, or `covered` by what is kept. */
    readonly Skipped: {
      /** Format: uuid */
      readonly uid: string;
      readonly reason: string;
    };
    /** @description `PATCH /api/sources/<id>`. */
    readonly SourceChange: {
      readonly watch: boolean;
    };
    /**
     * @description A folder or bucket that the project's pictures come from.
     *
     *     `seen`: pictures that the last scan found, or this one so far; `others`: files that are no pictures by their names.
     *     `waiting` of the pictures are still to be looked at, `done` are. `images`, `rejected`, `deleted`: what became of
     *     them; `changed`, `missing`: images whose original is not what it was. `trouble`: why the last scan did not end.
     *     `problems` are the first of them.
     */
    readonly SourceData: {
      readonly id: number;
      readonly root: string;
      readonly title: string;
      readonly folder: string;
      readonly watch: boolean;
      /** @enum {string} */
      readonly state: "waiting" | "scanning" | "done";
      readonly seen: number;
      readonly others: number;
      readonly waiting: number;
      readonly done: number;
      readonly images: number;
      readonly rejected: number;
      readonly deleted: number;
      readonly changed: number;
      readonly missing: number;
      readonly scanned_at: string | null;
      readonly trouble: string;
      readonly problems: readonly components["schemas"]["ProblemData"][];
    };
    /** @description The sources of a project, and the places that there could be some in. */
    readonly SourceList: {
      readonly results: readonly components["schemas"]["SourceData"][];
      readonly roots: readonly components["schemas"]["RootData"][];
    };
    readonly Start: {
      /** @constant */
      readonly v: 1;
      /** Format: uuid */
      readonly object: string;
      readonly seq: number;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "start";
      /** @default [] */
      readonly clicks?: readonly (readonly [number, number, boolean] | readonly [number, number, boolean, string])[];
      readonly previous?: components["schemas"]["Patch"] | null;
      readonly box?: readonly [number, number, number, number] | null;
      /** @default false */
      readonly closer?: boolean;
    };
    /** @description Take the turn at reviewing an image; with `correct` its labels may be changed meanwhile. */
    readonly StartReview: {
      /** @default false */
      readonly correct?: boolean;
    };
    /** @description What people did with suggestions, in all and by method, by model id and by number of class. */
    readonly Statistics: {
      readonly accepted: number;
      readonly edited: number;
      readonly rejected: number;
      readonly untouched: number | null;
      readonly by_method: {
        readonly [key: string]: components["schemas"]["Share"];
      };
      readonly by_head: {
        readonly [key: string]: components["schemas"]["Share"];
      };
      readonly by_category: {
        readonly [key: string]: components["schemas"]["Share"];
      };
    };
    /** @description How far an image is now; `reason` says why it is skipped. */
    readonly StatusSet: {
      readonly version: number;
      /** @enum {string} */
      readonly status: "new" | "in_progress" | "done" | "accepted" | "sent_back" | "skipped";
      readonly reason?: string;
    };
    /**
     * @description An object that a method proposes. `score` is comparable within one model only; `category` is null for a word that
     *     is no class of the project. `clicks`, after `basis` as the first mask, make `counts`.
     */
    readonly SuggestionData: {
      /** Format: uuid */
      readonly uid: string;
      readonly method: string;
      readonly head: number | null;
      /** @enum {string} */
      readonly state: "open" | "accepted" | "edited" | "rejected" | "stale";
      readonly score: number;
      readonly word: string;
      readonly category: number | null;
      readonly counts: string;
      readonly bbox: readonly [number, number, number, number];
      readonly area: number;
      readonly clicks: readonly (readonly [number, number, boolean])[];
      readonly basis: string | null;
    };
    readonly SuggestionsChanged: {
      /** @constant */
      readonly v: 1;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "suggestions";
      readonly image: number;
      readonly method: string;
      readonly found: number;
      readonly reason?: string;
    };
    /** @description How far a run over images or the training of a model is. */
    readonly SuggestionsMessage: {
      /** @constant */
      readonly v: 1;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "suggestions";
      readonly run?: components["schemas"]["RunNews"];
      readonly head?: components["schemas"]["HeadNews"];
    };
    /** @description A tag of a project, and how many images have it. */
    readonly TagData: {
      readonly id: number;
      readonly name: string;
      readonly images: number;
    };
    /** @description The tags of a project by name. */
    readonly TagList: {
      readonly results: readonly components["schemas"]["TagData"][];
    };
    /** @description The thread that was deleted. */
    readonly TakenBack: {
      readonly thread: number;
    };
    /** @description How far a thread is, or where its pin is; what is left out stays. */
    readonly ThreadChange: {
      readonly state?: ("open" | "fixed" | "resolved") | null;
      readonly x?: number | null;
      readonly y?: number | null;
      readonly object?: string | null;
    };
    /** @description A conversation about an image. `x` and `y` are pixels of the view, or of an object's box from its corner. */
    readonly ThreadData: {
      readonly id: number;
      readonly number: number;
      /** @enum {string} */
      readonly state: "open" | "fixed" | "resolved";
      readonly draft: boolean;
      readonly x: number | null;
      readonly y: number | null;
      readonly object: string | null;
      readonly round: number;
      readonly comments: readonly components["schemas"]["CommentData"][];
    };
    /** @description How long the signed-in person has worked on an image, in seconds, over all sessions. */
    readonly TimeKept: {
      readonly seconds: number;
    };
    /** @description How long somebody has worked on an image since they opened it: `session` is the client's name for that. */
    readonly TimeReport: {
      /** Format: uuid */
      readonly session: string;
      readonly seconds: number;
    };
    /** @description Milliseconds. */
    readonly Took: {
      readonly queue: number;
      readonly decode: number;
    };
    /** @description Suggestions of an image. */
    readonly UidsSpec: {
      readonly uids: readonly string[];
    };
    readonly Undo: {
      /** @constant */
      readonly v: 1;
      /** Format: uuid */
      readonly object: string;
      readonly seq: number;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "undo";
    };
    /** @description What takes a part of an action back: the body of another request. */
    readonly UndoStep: {
      readonly action:
        | components["schemas"]["Assign"]
        | components["schemas"]["IntoLot"]
        | components["schemas"]["PutTag"]
        | components["schemas"]["SetState"]
        | components["schemas"]["MarkGolden"]
        | components["schemas"]["DeleteImages"];
      readonly images: readonly components["schemas"]["SeenImage"][];
    };
    /**
     * @description An image of the dataset that no image of the project fits, or several. The option `mapping` says which one it is:
     *     its name here → the project's name, or `id:` and the image's id.
     */
    readonly UnmatchedData: {
      readonly name: string;
      readonly fits: readonly components["schemas"]["FitData"][];
    };
    /** @description An upload with its files. */
    readonly UploadData: {
      readonly id: number;
      /** @enum {string} */
      readonly state: "receiving" | "processing" | "done";
      readonly total: number;
      readonly accepted: number;
      readonly rejected: number;
      readonly items: readonly components["schemas"]["ItemData"][];
    };
    /** @description How far an upload is; `item` is the newest file of it, four times a second at most. */
    readonly UploadMessage: {
      readonly id: number;
      /** @enum {string} */
      readonly state: "receiving" | "processing" | "done";
      readonly total: number;
      readonly accepted: number;
      readonly rejected: number;
      /** @constant */
      readonly v: 1;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      readonly type: "upload";
      readonly item?: components["schemas"]["ItemNews"];
    };
    /** @description How far an upload is, in files. A zip counts as its files once it is unpacked. */
    readonly UploadNews: {
      readonly id: number;
      /** @enum {string} */
      readonly state: "receiving" | "processing" | "done";
      readonly total: number;
      readonly accepted: number;
      readonly rejected: number;
    };
    /** @description The id of a new upload. */
    readonly UploadStarted: {
      readonly id: number;
    };
    /** @description What a reviewer said of a version. */
    readonly VerdictData: {
      /** @enum {string} */
      readonly kind: "accepted" | "corrected" | "sent_back" | "sample";
      readonly version: number;
      readonly round: number;
      readonly by: components["schemas"]["PersonData"] | null;
      readonly summary: string;
      /** Format: date-time */
      readonly at: string;
    };
    /** @description The verdict, the version that it made, and how far the image is now. */
    readonly VerdictGiven: {
      readonly version: number;
      /** @enum {string} */
      readonly status: "new" | "in_progress" | "done" | "accepted" | "sent_back" | "skipped";
      readonly round: number;
      readonly verdict: components["schemas"]["VerdictData"];
    };
    /** @description Which version of an image's labels. */
    readonly VersionQuery: {
      readonly version: number;
    };
    /** @description A suggestion to accept; another class or mask makes it an edited one. */
    readonly WantedSpec: {
      /** Format: uuid */
      readonly uid: string;
      readonly category?: number | null;
      readonly counts?: string | null;
      readonly clicks?: readonly (readonly [number, number, boolean])[] | null;
    };
    /** @description `POST /api/uploads/<id>/resumable`: the number in the `Location` of a file that arrived in parts. */
    readonly WholeFile: {
      readonly file: number;
    };
    /** @description A word of a model and the number of its class in the project; `automatic`: by its name, nobody said so. */
    readonly WordData: {
      readonly word: string;
      readonly category: number | null;
      readonly automatic: boolean;
    };
    /**
     * @description What waits for the signed-in person in a project, in images. `sent_back` to them; `begun` by them; `reserved` for
     *     them; `pool`: for anybody; `in_review`: theirs that wait for a reviewer; `to_review`: that they can review;
     *     `to_resolve`: whose opinions differ, for who may decide.
     *     `piles`: of all people, for who may assign; else null.
     */
    readonly WorkData: {
      readonly project: number;
      readonly name: string;
      readonly sent_back: number;
      readonly begun: number;
      readonly reserved: number;
      readonly pool: number;
      readonly in_review: number;
      readonly to_review: number;
      readonly returned: number;
      readonly to_resolve: number;
      readonly oldest_review: string | null;
      readonly piles: components["schemas"]["PilesData"] | null;
      readonly lots: readonly components["schemas"]["LotData"][];
    };
    /** @description What waits for the signed-in person, in projects where something does. */
    readonly WorkList: {
      readonly results: readonly components["schemas"]["WorkData"][];
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
};
export type AcceptSpec = components["schemas"]["AcceptSpec"];
export type AcceptedData = components["schemas"]["AcceptedData"];
export type AcceptedInProject = components["schemas"]["AcceptedInProject"];
export type AcceptedOn = components["schemas"]["AcceptedOn"];
export type ActivityData = components["schemas"]["ActivityData"];
export type ActivityList = components["schemas"]["ActivityList"];
export type ActivityPage = components["schemas"]["ActivityPage"];
export type AnnotationData = components["schemas"]["AnnotationData"];
export type AnnotationsChanged = components["schemas"]["AnnotationsChanged"];
export type AnnotationsNews = components["schemas"]["AnnotationsNews"];
export type Applied = components["schemas"]["Applied"];
export type Assign = components["schemas"]["Assign"];
export type AttributeData = components["schemas"]["AttributeData"];
export type AttributeSpec = components["schemas"]["AttributeSpec"];
export type BlocksData = components["schemas"]["BlocksData"];
export type Boot = components["schemas"]["Boot"];
export type BootAddresses = components["schemas"]["BootAddresses"];
export type BootImage = components["schemas"]["BootImage"];
export type BootProject = components["schemas"]["BootProject"];
export type BootUser = components["schemas"]["BootUser"];
export type Bulk = components["schemas"]["Bulk"];
export type BulkDone = components["schemas"]["BulkDone"];
export type CategoryData = components["schemas"]["CategoryData"];
export type CategoryList = components["schemas"]["CategoryList"];
export type CategoryMerge = components["schemas"]["CategoryMerge"];
export type CategoryOrder = components["schemas"]["CategoryOrder"];
export type CategorySpec = components["schemas"]["CategorySpec"];
export type ChangeOne = components["schemas"]["ChangeOne"];
export type ChangedAnnotation = components["schemas"]["ChangedAnnotation"];
export type Changes = components["schemas"]["Changes"];
export type ChoiceSpec = components["schemas"]["ChoiceSpec"];
export type ClassCounts = components["schemas"]["ClassCounts"];
export type ClassData = components["schemas"]["ClassData"];
export type ClassImport = components["schemas"]["ClassImport"];
export type ClassList = components["schemas"]["ClassList"];
export type ClassPlanData = components["schemas"]["ClassPlanData"];
export type ClassTemplateData = components["schemas"]["ClassTemplateData"];
export type ClassTemplates = components["schemas"]["ClassTemplates"];
export type ClassText = components["schemas"]["ClassText"];
export type Click = components["schemas"]["Click"];
export type ClickClientMessage = components["schemas"]["ClickClientMessage"];
export type ClickServerMessage = components["schemas"]["ClickServerMessage"];
export type Close = components["schemas"]["Close"];
export type CommentData = components["schemas"]["CommentData"];
export type Conflict = components["schemas"]["Conflict"];
export type ConflictBody = components["schemas"]["ConflictBody"];
export type ConsensusAnswer = components["schemas"]["ConsensusAnswer"];
export type ConsensusRules = components["schemas"]["ConsensusRules"];
export type Counts = components["schemas"]["Counts"];
export type CountsData = components["schemas"]["CountsData"];
export type CreateOne = components["schemas"]["CreateOne"];
export type DeepData = components["schemas"]["DeepData"];
export type DefectData = components["schemas"]["DefectData"];
export type DeleteImages = components["schemas"]["DeleteImages"];
export type DeleteOne = components["schemas"]["DeleteOne"];
export type Deleted = components["schemas"]["Deleted"];
export type DifferenceData = components["schemas"]["DifferenceData"];
export type Error = components["schemas"]["Error"];
export type ErrorAnswer = components["schemas"]["ErrorAnswer"];
export type ErrorBody = components["schemas"]["ErrorBody"];
export type ExportData = components["schemas"]["ExportData"];
export type ExportList = components["schemas"]["ExportList"];
export type ExportMessage = components["schemas"]["ExportMessage"];
export type ExportNews = components["schemas"]["ExportNews"];
export type FailureData = components["schemas"]["FailureData"];
export type FitData = components["schemas"]["FitData"];
export type FormatData = components["schemas"]["FormatData"];
export type Freed = components["schemas"]["Freed"];
export type Frozen = components["schemas"]["Frozen"];
export type GiveVerdict = components["schemas"]["GiveVerdict"];
export type GoldenAnswer = components["schemas"]["GoldenAnswer"];
export type GoldenMarked = components["schemas"]["GoldenMarked"];
export type GoldenRefused = components["schemas"]["GoldenRefused"];
export type Gone = components["schemas"]["Gone"];
export type HeadCancelled = components["schemas"]["HeadCancelled"];
export type HeadData = components["schemas"]["HeadData"];
export type HeadList = components["schemas"]["HeadList"];
export type HeadNews = components["schemas"]["HeadNews"];
export type HeadQueued = components["schemas"]["HeadQueued"];
export type HeatData = components["schemas"]["HeatData"];
export type HeldData = components["schemas"]["HeldData"];
export type HeldList = components["schemas"]["HeldList"];
export type Hello = components["schemas"]["Hello"];
export type Here = components["schemas"]["Here"];
export type HistoryPage = components["schemas"]["HistoryPage"];
export type ImageCounts = components["schemas"]["ImageCounts"];
export type ImageData = components["schemas"]["ImageData"];
export type ImageDifference = components["schemas"]["ImageDifference"];
export type ImageFilter = components["schemas"]["ImageFilter"];
export type ImageMessage = components["schemas"]["ImageMessage"];
export type ImageState = components["schemas"]["ImageState"];
export type ImagesPage = components["schemas"]["ImagesPage"];
export type ImagesQuery = components["schemas"]["ImagesQuery"];
export type ImportData = components["schemas"]["ImportData"];
export type ImportList = components["schemas"]["ImportList"];
export type ImportOptions = components["schemas"]["ImportOptions"];
export type Inbox = components["schemas"]["Inbox"];
export type InboxChanged = components["schemas"]["InboxChanged"];
export type InboxNews = components["schemas"]["InboxNews"];
export type InboxQuery = components["schemas"]["InboxQuery"];
export type IntoLot = components["schemas"]["IntoLot"];
export type InvitationData = components["schemas"]["InvitationData"];
export type InvitationList = components["schemas"]["InvitationList"];
export type InvitationSpec = components["schemas"]["InvitationSpec"];
export type ItemData = components["schemas"]["ItemData"];
export type ItemNews = components["schemas"]["ItemNews"];
export type ItemsAdded = components["schemas"]["ItemsAdded"];
export type JsonValue = components["schemas"]["JsonValue"];
export type JumpQuery = components["schemas"]["JumpQuery"];
export type JumpedTo = components["schemas"]["JumpedTo"];
export type KeptMany = components["schemas"]["KeptMany"];
export type KeptOne = components["schemas"]["KeptOne"];
export type Keys = components["schemas"]["Keys"];
export type KeysData = components["schemas"]["KeysData"];
export type LabelerData = components["schemas"]["LabelerData"];
export type LabelsVersion = components["schemas"]["LabelsVersion"];
export type LevelData = components["schemas"]["LevelData"];
export type Limits = components["schemas"]["Limits"];
export type LookData = components["schemas"]["LookData"];
export type LossData = components["schemas"]["LossData"];
export type LossesData = components["schemas"]["LossesData"];
export type LotChange = components["schemas"]["LotChange"];
export type LotData = components["schemas"]["LotData"];
export type LotDeleted = components["schemas"]["LotDeleted"];
export type LotList = components["schemas"]["LotList"];
export type MappingData = components["schemas"]["MappingData"];
export type MappingSpec = components["schemas"]["MappingSpec"];
export type MarkGolden = components["schemas"]["MarkGolden"];
export type Mask = components["schemas"]["Mask"];
export type Mentionable = components["schemas"]["Mentionable"];
export type MergedCategoryData = components["schemas"]["MergedCategoryData"];
export type MergedData = components["schemas"]["MergedData"];
export type MethodData = components["schemas"]["MethodData"];
export type Neighbour = components["schemas"]["Neighbour"];
export type NewAnnotation = components["schemas"]["NewAnnotation"];
export type NewComment = components["schemas"]["NewComment"];
export type NewExport = components["schemas"]["NewExport"];
export type NewGolden = components["schemas"]["NewGolden"];
export type NewHead = components["schemas"]["NewHead"];
export type NewImageRun = components["schemas"]["NewImageRun"];
export type NewLot = components["schemas"]["NewLot"];
export type NewNote = components["schemas"]["NewNote"];
export type NewRun = components["schemas"]["NewRun"];
export type NewSink = components["schemas"]["NewSink"];
export type NewSource = components["schemas"]["NewSource"];
export type NewStatus = components["schemas"]["NewStatus"];
export type NewThread = components["schemas"]["NewThread"];
export type NewVersion = components["schemas"]["NewVersion"];
export type NextImage = components["schemas"]["NextImage"];
export type NextReview = components["schemas"]["NextReview"];
export type NextSpec = components["schemas"]["NextSpec"];
export type NextToReview = components["schemas"]["NextToReview"];
export type NotInSample = components["schemas"]["NotInSample"];
export type NoteSet = components["schemas"]["NoteSet"];
export type NoticeData = components["schemas"]["NoticeData"];
export type Offered = components["schemas"]["Offered"];
export type OffersQuery = components["schemas"]["OffersQuery"];
export type OldObject = components["schemas"]["OldObject"];
export type OldVersion = components["schemas"]["OldVersion"];
export type OverlapBody = components["schemas"]["OverlapBody"];
export type OverlapData = components["schemas"]["OverlapData"];
export type OverlapError = components["schemas"]["OverlapError"];
export type OverlapsBody = components["schemas"]["OverlapsBody"];
export type OverlapsError = components["schemas"]["OverlapsError"];
export type OverlapsOnImage = components["schemas"]["OverlapsOnImage"];
export type Overview = components["schemas"]["Overview"];
export type PageAddresses = components["schemas"]["PageAddresses"];
export type PageProject = components["schemas"]["PageProject"];
export type PanopticState = components["schemas"]["PanopticState"];
export type PanopticSwitch = components["schemas"]["PanopticSwitch"];
export type Patch = components["schemas"]["Patch"];
export type People = components["schemas"]["People"];
export type Person = components["schemas"]["Person"];
export type PersonData = components["schemas"]["PersonData"];
export type PhraseFound = components["schemas"]["PhraseFound"];
export type PhraseSpec = components["schemas"]["PhraseSpec"];
export type PilesData = components["schemas"]["PilesData"];
export type Ping = components["schemas"]["Ping"];
export type Pong = components["schemas"]["Pong"];
export type Position = components["schemas"]["Position"];
export type Prefetch = components["schemas"]["Prefetch"];
export type ProblemData = components["schemas"]["ProblemData"];
export type ProgressClientMessage = components["schemas"]["ProgressClientMessage"];
export type ProgressError = components["schemas"]["ProgressError"];
export type ProgressMessage = components["schemas"]["ProgressMessage"];
export type ProgressPong = components["schemas"]["ProgressPong"];
export type ProjectAcceptSpec = components["schemas"]["ProjectAcceptSpec"];
export type ProjectChange = components["schemas"]["ProjectChange"];
export type ProjectChanged = components["schemas"]["ProjectChanged"];
export type ProjectCopy = components["schemas"]["ProjectCopy"];
export type ProjectData = components["schemas"]["ProjectData"];
export type ProjectDeletion = components["schemas"]["ProjectDeletion"];
export type ProjectDuplication = components["schemas"]["ProjectDuplication"];
export type ProjectJobData = components["schemas"]["ProjectJobData"];
export type ProjectJobList = components["schemas"]["ProjectJobList"];
export type ProjectJobMessage = components["schemas"]["ProjectJobMessage"];
export type ProjectLife = components["schemas"]["ProjectLife"];
export type ProjectLifeMessage = components["schemas"]["ProjectLifeMessage"];
export type ProjectList = components["schemas"]["ProjectList"];
export type ProjectPage = components["schemas"]["ProjectPage"];
export type ProjectSpec = components["schemas"]["ProjectSpec"];
export type PutTag = components["schemas"]["PutTag"];
export type QualityFigures = components["schemas"]["QualityFigures"];
export type Queued = components["schemas"]["Queued"];
export type ReadSpec = components["schemas"]["ReadSpec"];
export type Redo = components["schemas"]["Redo"];
export type RefusedImage = components["schemas"]["RefusedImage"];
export type Rejected = components["schemas"]["Rejected"];
export type RenamedClass = components["schemas"]["RenamedClass"];
export type Reopened = components["schemas"]["Reopened"];
export type ReportData = components["schemas"]["ReportData"];
export type Restored = components["schemas"]["Restored"];
export type Restoring = components["schemas"]["Restoring"];
export type ReviewChanged = components["schemas"]["ReviewChanged"];
export type ReviewData = components["schemas"]["ReviewData"];
export type ReviewSettingsData = components["schemas"]["ReviewSettingsData"];
export type ReviewSettingsSpec = components["schemas"]["ReviewSettingsSpec"];
export type Revoked = components["schemas"]["Revoked"];
export type Role = components["schemas"]["Role"];
export type RootData = components["schemas"]["RootData"];
export type RunData = components["schemas"]["RunData"];
export type RunList = components["schemas"]["RunList"];
export type RunNews = components["schemas"]["RunNews"];
export type RunOptions = components["schemas"]["RunOptions"];
export type RunOptionsData = components["schemas"]["RunOptionsData"];
export type RunQueued = components["schemas"]["RunQueued"];
export type RunStopped = components["schemas"]["RunStopped"];
export type SampleJudged = components["schemas"]["SampleJudged"];
export type SampleVerdict = components["schemas"]["SampleVerdict"];
export type SeenImage = components["schemas"]["SeenImage"];
export type SeenLabels = components["schemas"]["SeenLabels"];
export type SeenVersion = components["schemas"]["SeenVersion"];
export type SetState = components["schemas"]["SetState"];
export type SettingsData = components["schemas"]["SettingsData"];
export type SettingsSpec = components["schemas"]["SettingsSpec"];
export type Share = components["schemas"]["Share"];
export type Skipped = components["schemas"]["Skipped"];
export type SourceChange = components["schemas"]["SourceChange"];
export type SourceData = components["schemas"]["SourceData"];
export type SourceList = components["schemas"]["SourceList"];
export type Start = components["schemas"]["Start"];
export type StartReview = components["schemas"]["StartReview"];
export type Statistics = components["schemas"]["Statistics"];
export type StatusSet = components["schemas"]["StatusSet"];
export type SuggestionData = components["schemas"]["SuggestionData"];
export type SuggestionsChanged = components["schemas"]["SuggestionsChanged"];
export type SuggestionsMessage = components["schemas"]["SuggestionsMessage"];
export type TagData = components["schemas"]["TagData"];
export type TagList = components["schemas"]["TagList"];
export type TakenBack = components["schemas"]["TakenBack"];
export type ThreadChange = components["schemas"]["ThreadChange"];
export type ThreadData = components["schemas"]["ThreadData"];
export type TimeKept = components["schemas"]["TimeKept"];
export type TimeReport = components["schemas"]["TimeReport"];
export type Took = components["schemas"]["Took"];
export type UidsSpec = components["schemas"]["UidsSpec"];
export type Undo = components["schemas"]["Undo"];
export type UndoStep = components["schemas"]["UndoStep"];
export type UnmatchedData = components["schemas"]["UnmatchedData"];
export type UploadData = components["schemas"]["UploadData"];
export type UploadMessage = components["schemas"]["UploadMessage"];
export type UploadNews = components["schemas"]["UploadNews"];
export type UploadStarted = components["schemas"]["UploadStarted"];
export type VerdictData = components["schemas"]["VerdictData"];
export type VerdictGiven = components["schemas"]["VerdictGiven"];
export type VersionQuery = components["schemas"]["VersionQuery"];
export type WantedSpec = components["schemas"]["WantedSpec"];
export type WholeFile = components["schemas"]["WholeFile"];
export type WordData = components["schemas"]["WordData"];
export type WorkData = components["schemas"]["WorkData"];
export type WorkList = components["schemas"]["WorkList"];
