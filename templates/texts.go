package templates

import "maps"

// Texts returns the built-in texts of 503.html and maintenance.html: by language, a
// BCP 47 tag, and then by name. The package documentation says what each is for. The
// maps are the caller's own.
func Texts() map[string]map[string]string {
	all := make(map[string]map[string]string, len(texts))
	for language, own := range texts {
		all[language] = maps.Clone(own)
	}
	return all
}

var texts = map[string]map[string]string{
	"en": {
		"dir": "ltr", "closed": "We’ll be back soon", "closed_lead": "We are doing some maintenance right now. Please try again in a little while.",
		"paused": "Changes are paused for the moment", "paused_lead": "You can go on reading.",
		"unsaved": "What you sent was not saved. Please send it again later.", "typed": "What you typed, to copy and keep:",
		"since": "Since", "until": "Expected until", "left": "Time left", "soon": "any moment now",
		"back": "The service is back.", "form": "Back to the form", "login": "Log in",
		"planned": "Maintenance is planned", "begins": "Begins", "now": "Maintenance is under way",
	},
	"ar": {
		"dir": "rtl", "closed": "سنعود قريبًا", "closed_lead": "نُجري حاليًا بعض أعمال الصيانة. يُرجى المحاولة مرة أخرى بعد قليل.",
		"paused": "التعديلات متوقفة مؤقتًا", "paused_lead": "يمكنك مواصلة القراءة.",
		"unsaved": "لم يُحفظ ما أرسلته. يُرجى إرساله مرة أخرى لاحقًا.", "typed": "ما كتبته، لنسخه والاحتفاظ به:",
		"since": "منذ", "until": "متوقع حتى", "left": "الوقت المتبقي", "soon": "في أي لحظة",
		"back": "عادت الخدمة.", "form": "العودة إلى النموذج", "login": "تسجيل الدخول",
		"planned": "صيانة مُجدولة", "begins": "تبدأ", "now": "الصيانة جارية",
	},
	"cs": {
		"dir": "ltr", "closed": "Brzy budeme zpět", "closed_lead": "Právě probíhá údržba. Zkuste to prosím za chvíli znovu.",
		"paused": "Změny jsou dočasně pozastaveny", "paused_lead": "Číst můžete dál.",
		"unsaved": "Co jste odeslali, nebylo uloženo. Odešlete to prosím později znovu.", "typed": "Co jste napsali, ke zkopírování:",
		"since": "Od", "until": "Předpokládaný konec", "left": "Zbývá", "soon": "každou chvíli",
		"back": "Služba je opět k dispozici.", "form": "Zpět na formulář", "login": "Přihlásit se",
		"planned": "Plánovaná údržba", "begins": "Začátek", "now": "Probíhá údržba",
	},
	"de": {
		"dir": "ltr", "closed": "Wir sind bald wieder da", "closed_lead": "Wir führen gerade Wartungsarbeiten durch. Bitte versuchen Sie es in Kürze noch einmal.",
		"paused": "Änderungen sind im Moment nicht möglich", "paused_lead": "Lesen können Sie weiterhin.",
		"unsaved": "Was Sie abgeschickt haben, wurde nicht gespeichert. Bitte schicken Sie es später noch einmal ab.", "typed": "Ihre Eingaben, zum Kopieren und Aufheben:",
		"since": "Seit", "until": "Voraussichtlich bis", "left": "Verbleibende Zeit", "soon": "jeden Moment",
		"back": "Der Dienst ist wieder da.", "form": "Zurück zum Formular", "login": "Anmelden",
		"planned": "Wartungsarbeiten sind geplant", "begins": "Beginn", "now": "Wartungsarbeiten laufen",
	},
	"es": {
		"dir": "ltr", "closed": "Volvemos pronto", "closed_lead": "Estamos realizando tareas de mantenimiento. Inténtelo de nuevo dentro de un momento.",
		"paused": "Los cambios están en pausa por el momento", "paused_lead": "Puede seguir leyendo.",
		"unsaved": "Lo que envió no se ha guardado. Vuelva a enviarlo más tarde.", "typed": "Lo que escribió, para copiarlo y guardarlo:",
		"since": "Desde", "until": "Previsto hasta", "left": "Tiempo restante", "soon": "en cualquier momento",
		"back": "El servicio ha vuelto.", "form": "Volver al formulario", "login": "Iniciar sesión",
		"planned": "Mantenimiento programado", "begins": "Comienza", "now": "Mantenimiento en curso",
	},
	"fa": {
		"dir": "rtl", "closed": "به‌زودی برمی‌گردیم", "closed_lead": "هم‌اکنون در حال تعمیر و نگهداری هستیم. لطفاً کمی بعد دوباره تلاش کنید.",
		"paused": "تغییرات فعلاً متوقف است", "paused_lead": "می‌توانید به خواندن ادامه دهید.",
		"unsaved": "آنچه فرستادید ذخیره نشد. لطفاً بعداً دوباره بفرستید.", "typed": "آنچه نوشتید، برای رونوشت و نگهداری:",
		"since": "از", "until": "پایان پیش‌بینی‌شده", "left": "زمان باقی‌مانده", "soon": "هر لحظه",
		"back": "سرویس دوباره در دسترس است.", "form": "بازگشت به فرم", "login": "ورود",
		"planned": "تعمیر و نگهداری برنامه‌ریزی‌شده", "begins": "آغاز", "now": "تعمیر و نگهداری در جریان است",
	},
	"fr": {
		"dir": "ltr", "closed": "Nous revenons bientôt", "closed_lead": "Une maintenance est en cours. Veuillez réessayer dans un instant.",
		"paused": "Les modifications sont suspendues pour le moment", "paused_lead": "Vous pouvez continuer à lire.",
		"unsaved": "Votre envoi n’a pas été enregistré. Veuillez le renvoyer plus tard.", "typed": "Votre saisie, à copier et à conserver :",
		"since": "Depuis", "until": "Fin prévue", "left": "Temps restant", "soon": "d’un instant à l’autre",
		"back": "Le service est de retour.", "form": "Retour au formulaire", "login": "Se connecter",
		"planned": "Une maintenance est prévue", "begins": "Début", "now": "Maintenance en cours",
	},
	"he": {
		"dir": "rtl", "closed": "נחזור בקרוב", "closed_lead": "אנחנו מבצעים כעת עבודות תחזוקה. נא לנסות שוב בעוד זמן קצר.",
		"paused": "אי אפשר לבצע שינויים כרגע", "paused_lead": "אפשר להמשיך לקרוא.",
		"unsaved": "מה ששלחת לא נשמר. נא לשלוח שוב מאוחר יותר.", "typed": "מה שהקלדת, להעתקה ולשמירה:",
		"since": "מאז", "until": "צפוי עד", "left": "הזמן שנותר", "soon": "בכל רגע",
		"back": "השירות חזר לפעול.", "form": "חזרה לטופס", "login": "התחברות",
		"planned": "מתוכננת תחזוקה", "begins": "התחלה", "now": "מתבצעת תחזוקה",
	},
	"it": {
		"dir": "ltr", "closed": "Torniamo presto", "closed_lead": "Stiamo eseguendo lavori di manutenzione. Riprova tra poco.",
		"paused": "Le modifiche sono sospese per il momento", "paused_lead": "Puoi continuare a leggere.",
		"unsaved": "Ciò che hai inviato non è stato salvato. Invialo di nuovo più tardi.", "typed": "Ciò che hai scritto, da copiare e conservare:",
		"since": "Da", "until": "Fine prevista", "left": "Tempo rimanente", "soon": "da un momento all’altro",
		"back": "Il servizio è di nuovo attivo.", "form": "Torna al modulo", "login": "Accedi",
		"planned": "Manutenzione programmata", "begins": "Inizio", "now": "Manutenzione in corso",
	},
	"ja": {
		"dir": "ltr", "closed": "まもなく再開します", "closed_lead": "ただいまメンテナンス中です。しばらくしてからもう一度お試しください。",
		"paused": "現在、変更を受け付けていません", "paused_lead": "閲覧は引き続きご利用いただけます。",
		"unsaved": "送信された内容は保存されていません。後ほどもう一度送信してください。", "typed": "入力された内容（コピーして保管できます）：",
		"since": "開始", "until": "終了予定", "left": "残り時間", "soon": "まもなく",
		"back": "サービスが再開しました。", "form": "フォームに戻る", "login": "ログイン",
		"planned": "メンテナンスを予定しています", "begins": "開始予定", "now": "メンテナンス中です",
	},
	"ko": {
		"dir": "ltr", "closed": "곧 다시 돌아오겠습니다", "closed_lead": "지금 점검 중입니다. 잠시 후 다시 시도해 주세요.",
		"paused": "지금은 변경할 수 없습니다", "paused_lead": "읽기는 계속 이용하실 수 있습니다.",
		"unsaved": "보내신 내용은 저장되지 않았습니다. 나중에 다시 보내 주세요.", "typed": "입력하신 내용(복사해 보관하세요):",
		"since": "시작", "until": "종료 예정", "left": "남은 시간", "soon": "곧",
		"back": "서비스가 다시 시작되었습니다.", "form": "양식으로 돌아가기", "login": "로그인",
		"planned": "점검이 예정되어 있습니다", "begins": "시작 예정", "now": "점검 중입니다",
	},
	"nl": {
		"dir": "ltr", "closed": "We zijn zo terug", "closed_lead": "We voeren op dit moment onderhoud uit. Probeer het over een tijdje opnieuw.",
		"paused": "Wijzigingen zijn even niet mogelijk", "paused_lead": "Lezen kan gewoon.",
		"unsaved": "Wat u hebt verstuurd, is niet opgeslagen. Verstuur het later opnieuw.", "typed": "Wat u hebt ingevuld, om te kopiëren en te bewaren:",
		"since": "Sinds", "until": "Verwacht tot", "left": "Resterende tijd", "soon": "elk moment",
		"back": "De dienst is er weer.", "form": "Terug naar het formulier", "login": "Inloggen",
		"planned": "Er is onderhoud gepland", "begins": "Begin", "now": "Er wordt onderhoud uitgevoerd",
	},
	"pl": {
		"dir": "ltr", "closed": "Wkrótce wracamy", "closed_lead": "Trwają prace konserwacyjne. Prosimy spróbować ponownie za chwilę.",
		"paused": "Zmiany są chwilowo wstrzymane", "paused_lead": "Można nadal czytać.",
		"unsaved": "Przesłane dane nie zostały zapisane. Prosimy wysłać je ponownie później.", "typed": "Wpisane dane, do skopiowania i zachowania:",
		"since": "Od", "until": "Przewidywany koniec", "left": "Pozostały czas", "soon": "lada chwila",
		"back": "Usługa znów działa.", "form": "Wróć do formularza", "login": "Zaloguj się",
		"planned": "Planowane prace konserwacyjne", "begins": "Początek", "now": "Trwają prace konserwacyjne",
	},
	"pt": {
		"dir": "ltr", "closed": "Voltamos em breve", "closed_lead": "Estamos em manutenção neste momento. Tente novamente daqui a pouco.",
		"paused": "As alterações estão suspensas por enquanto", "paused_lead": "Você pode continuar lendo.",
		"unsaved": "O que você enviou não foi salvo. Envie novamente mais tarde.", "typed": "O que você digitou, para copiar e guardar:",
		"since": "Desde", "until": "Previsto até", "left": "Tempo restante", "soon": "a qualquer momento",
		"back": "O serviço voltou.", "form": "Voltar ao formulário", "login": "Entrar",
		"planned": "Manutenção programada", "begins": "Início", "now": "Manutenção em andamento",
	},
	"ru": {
		"dir": "ltr", "closed": "Мы скоро вернёмся", "closed_lead": "Сейчас идут технические работы. Попробуйте ещё раз чуть позже.",
		"paused": "Изменения временно приостановлены", "paused_lead": "Читать можно по-прежнему.",
		"unsaved": "Отправленное не сохранено. Пожалуйста, отправьте ещё раз позже.", "typed": "Что вы ввели — скопируйте, чтобы не потерять:",
		"since": "С", "until": "Ожидаемое окончание", "left": "Осталось", "soon": "с минуты на минуту",
		"back": "Сервис снова работает.", "form": "Вернуться к форме", "login": "Войти",
		"planned": "Запланированы технические работы", "begins": "Начало", "now": "Идут технические работы",
	},
	"sv": {
		"dir": "ltr", "closed": "Vi är snart tillbaka", "closed_lead": "Vi utför underhåll just nu. Försök igen om en liten stund.",
		"paused": "Det går inte att ändra något just nu", "paused_lead": "Du kan läsa som vanligt.",
		"unsaved": "Det du skickade har inte sparats. Skicka det igen senare.", "typed": "Det du skrev, att kopiera och spara:",
		"since": "Sedan", "until": "Väntas pågå till", "left": "Tid kvar", "soon": "när som helst",
		"back": "Tjänsten är tillbaka.", "form": "Tillbaka till formuläret", "login": "Logga in",
		"planned": "Underhåll är planerat", "begins": "Börjar", "now": "Underhåll pågår",
	},
	"tr": {
		"dir": "ltr", "closed": "Kısa süre içinde döneceğiz", "closed_lead": "Şu anda bakım yapıyoruz. Lütfen biraz sonra tekrar deneyin.",
		"paused": "Değişiklikler şu an için durduruldu", "paused_lead": "Okumaya devam edebilirsiniz.",
		"unsaved": "Gönderdikleriniz kaydedilmedi. Lütfen daha sonra tekrar gönderin.", "typed": "Yazdıklarınız, kopyalayıp saklamanız için:",
		"since": "Başlangıç", "until": "Tahmini bitiş", "left": "Kalan süre", "soon": "her an",
		"back": "Hizmet yeniden çalışıyor.", "form": "Forma dön", "login": "Giriş yap",
		"planned": "Bakım planlandı", "begins": "Başlangıç", "now": "Bakım sürüyor",
	},
	"uk": {
		"dir": "ltr", "closed": "Ми скоро повернемося", "closed_lead": "Зараз тривають технічні роботи. Спробуйте ще раз трохи пізніше.",
		"paused": "Зміни тимчасово призупинено", "paused_lead": "Читати можна й далі.",
		"unsaved": "Надіслане не збережено. Будь ласка, надішліть ще раз пізніше.", "typed": "Що ви ввели — скопіюйте, щоб не втратити:",
		"since": "З", "until": "Очікуване завершення", "left": "Залишилося", "soon": "з хвилини на хвилину",
		"back": "Сервіс знову працює.", "form": "Повернутися до форми", "login": "Увійти",
		"planned": "Заплановано технічні роботи", "begins": "Початок", "now": "Тривають технічні роботи",
	},
	"zh-Hans": {
		"dir": "ltr", "closed": "我们很快回来", "closed_lead": "我们正在进行维护，请稍后再试。",
		"paused": "暂时无法进行更改", "paused_lead": "您仍可继续浏览。",
		"unsaved": "您提交的内容未保存，请稍后重新提交。", "typed": "您输入的内容，可复制保存：",
		"since": "开始时间", "until": "预计结束", "left": "剩余时间", "soon": "即将恢复",
		"back": "服务已恢复。", "form": "返回表单", "login": "登录",
		"planned": "已安排维护", "begins": "开始时间", "now": "正在维护",
	},
	"zh-Hant": {
		"dir": "ltr", "closed": "我們很快回來", "closed_lead": "我們正在進行維護，請稍後再試。",
		"paused": "暫時無法進行變更", "paused_lead": "您仍可繼續瀏覽。",
		"unsaved": "您送出的內容未儲存，請稍後重新送出。", "typed": "您輸入的內容，可複製保存：",
		"since": "開始時間", "until": "預計結束", "left": "剩餘時間", "soon": "即將恢復",
		"back": "服務已恢復。", "form": "返回表單", "login": "登入",
		"planned": "已安排維護", "begins": "開始時間", "now": "正在維護",
	},
}
